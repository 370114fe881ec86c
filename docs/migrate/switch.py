"""Takes topics away from a Python service's queue, and gives them back.

Needs RabbitMQ: SALT_TEST_AMQP_URL.
"""

import os
import uuid

from celery import Celery
from kombu import Exchange, Queue


def unbind(app, queue, topics):
    with app.connection_for_write() as connection:
        for topic in topics:
            connection.default_channel.queue_unbind(queue, exchange="tchu_events", routing_key=topic)


def bind(app, queue, topics):
    with app.connection_for_write() as connection:
        for topic in topics:
            connection.default_channel.queue_bind(queue, exchange="tchu_events", routing_key=topic)


if __name__ == "__main__":
    app = Celery("switch", broker=os.environ["SALT_TEST_AMQP_URL"])
    topic = f"guide.switch.{uuid.uuid4()}"
    with app.connection_for_write() as connection:
        exchange = Exchange("tchu_events", type="topic", durable=True)
        queue = Queue(f"queue.of.{topic}", exchange=exchange, routing_key=topic)(connection.default_channel)
        queue.declare()

        def publish_and_count():
            with app.amqp.Producer(connection) as producer:
                producer.publish({}, exchange=exchange, routing_key=topic)
            return 1 if queue.get(no_ack=True) else 0

        print("bound:", publish_and_count())
        unbind(app, queue.name, [topic])
        print("unbound:", publish_and_count())
        bind(app, queue.name, [topic])
        print("bound again:", publish_and_count())
        queue.delete()

# Output:
# bound: 1
# unbound: 0
# bound again: 1
