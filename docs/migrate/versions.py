import local

from celery_salt import SaltEvent, subscribe
from pydantic import BaseModel


class InvoiceSentV1(SaltEvent):
    class Schema(BaseModel):
        number: str

    class Meta:
        topic = "invoice.sent"
        version = "v1"


class InvoiceSentV2(SaltEvent):
    class Schema(BaseModel):
        number: str
        currency: str

    class Meta:
        topic = "invoice.sent"
        version = "v2"


@subscribe(InvoiceSentV1)  # v1 and newer
def archive(invoice: InvoiceSentV1):
    print("archive", invoice.number)


@subscribe(InvoiceSentV2)  # v2 and newer
def convert(invoice: InvoiceSentV2):
    print("convert", invoice.number, invoice.currency)


@subscribe("invoice.sent")  # "latest": all versions, checked against the highest known
def watch(invoice):
    print("watch", invoice.number)


def send():
    InvoiceSentV1(number="1").publish()
    InvoiceSentV2(number="2", currency="EUR").publish()


if __name__ == "__main__":
    with local.worker() as wait:
        send()
        wait(5)  # watch fails on the first: v1 has no currency

# Output:
# archive 1
# archive 2
# convert 2 EUR
# watch 2
