import local

from celery_salt import event, subscribe


@event("payment.received")
class PaymentReceived:
    order_id: int


# A pattern is a definition of its own: without a schema under the pattern
# itself, @subscribe raises SchemaRegistryUnavailableError.
@event("payment.#")
class AnyPayment:
    order_id: int


attempts = []


@subscribe("payment.received", autoretry_for=(ConnectionError,), max_retries=3, default_retry_delay=0)
def book(data: PaymentReceived):
    attempts.append(data.order_id)
    if len(attempts) < 3:
        raise ConnectionError("the ledger is away")
    print("booked", data.order_id, "at attempt", len(attempts))


@subscribe("payment.#")
def audit(data: AnyPayment):
    print("audit", data.order_id)


def pay():
    return PaymentReceived.publish(order_id=7)


if __name__ == "__main__":
    with local.worker() as wait:
        pay()
        wait(4)  # book three times, audit once

# Output:
# audit 7
# booked 7 at attempt 3
