"""The Python side when it speaks first: one event, two calls."""

from datetime import datetime, timezone

from contract import GetStock, OrderShipped


def tell():
    print("publishes OrderShipped: order 7, by bike", flush=True)
    at = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)
    OrderShipped(order_id=7, carrier="bike", shipped_at=at).publish()


def ask(count):
    print(f"calls GetStock: {count} of TEA", flush=True)
    answer = GetStock(item="TEA", count=count).call(timeout=20)
    if isinstance(answer.data, GetStock.Error):
        print(f"got {type(answer.data).__name__}: {answer.error_code}, {answer.left} left", flush=True)
    else:
        print(f"got {type(answer.data).__name__}: shelf {answer.shelf}, boxes {answer.boxes}", flush=True)


if __name__ == "__main__":
    tell()
    ask(2)
    ask(200)
