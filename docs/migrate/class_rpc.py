import local

from celery_salt import RPCError, SaltEvent, subscribe
from pydantic import BaseModel


class GetPrice(SaltEvent):
    class Schema(BaseModel):
        sku: str

    class Response(BaseModel):
        cents: int
        currency: str = "EUR"

    class Error(BaseModel):
        error_code: str
        error_message: str
        details: dict = {}

    class Meta:
        topic = "price.get"
        mode = "rpc"


@subscribe(GetPrice)
def get_price(q: GetPrice):
    if q.sku != "TEA":
        raise RPCError(error_code="NOT_FOUND", error_message=f"no price for {q.sku}")
    return q.respond(cents=450)  # checked against Response


def ask(sku):
    reply = GetPrice(sku=sku).call(timeout=10)  # a SaltResponse
    if isinstance(reply.data, GetPrice.Error):
        print("refused:", reply.error_code)
    else:
        print(reply.cents, reply.currency, reply.payload)


if __name__ == "__main__":
    with local.worker():
        ask("TEA")
        ask("TEE")

# Output:
# 450 EUR {'cents': 450, 'currency': 'EUR'}
# refused: NOT_FOUND
