import local

from celery_salt import RPCError, event, subscribe


@event("calculator.divide", mode="rpc")
class Divide:
    a: int
    b: int


@event.response("calculator.divide")
class DivideResponse:
    quotient: int
    remainder: int


@event.error("calculator.divide")
class DivideError:
    error_code: str
    error_message: str
    details: dict = {}


@subscribe("calculator.divide")
def divide(q: Divide):
    if q.b == 0:
        raise RPCError(error_code="DIVIDE_BY_ZERO", error_message="b is 0", details={"a": q.a})
    return DivideResponse(quotient=q.a // q.b, remainder=q.a % q.b)


def ask(a, b):
    answer = Divide.call(a=a, b=b, timeout=10)
    if isinstance(answer, DivideError):  # an error comes back like a result
        print("refused:", answer.error_code, answer.details)
    else:
        print(answer.quotient, "remainder", answer.remainder)


if __name__ == "__main__":
    with local.worker():
        ask(17, 5)
        ask(17, 0)

# Output:
# 3 remainder 2
# refused: DIVIDE_BY_ZERO {'a': 17}
