import local

from celery_salt import event, subscribe
from celery_salt.core.exceptions import PublishError, TimeoutError
from pydantic import Field, ValidationError


@event("weather.get", mode="rpc")
class GetWeather:
    city: str = Field(min_length=1)


@event("weather.predict", mode="rpc")
class PredictWeather:
    city: str = Field(min_length=1)


@subscribe("weather.get")
def get_weather(q: GetWeather):
    raise RuntimeError("no thermometer at 10.0.0.7")


def ask():
    try:
        GetWeather.call(city="")
    except ValidationError as e:
        print("not sent:", e.errors()[0]["loc"])
    try:
        GetWeather.call(city="Bonn", timeout=10)
    except PublishError as e:
        print("failed:", e)
    try:
        PredictWeather.call(city="Bonn", timeout=1)  # nobody listens
    except TimeoutError as e:
        print("timeout:", e)


if __name__ == "__main__":
    with local.worker():
        ask()

# Output:
# not sent: ('city',)
# failed: RPC call failed: Handler 'validated_handler' failed: no thermometer at 10.0.0.7
# timeout: No response received within 1 seconds for routing key 'weather.predict'
