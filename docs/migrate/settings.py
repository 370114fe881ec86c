from celery import Celery
from celery_salt.django import setup_salt_queue

app = Celery("mailer", broker="amqp://guest:guest@localhost:5672/", backend="rpc://")
setup_salt_queue(app, queue_name="mailer", subscriber_modules=["mailer.subscribers"])

if __name__ == "__main__":
    queue = app.conf.task_queues[0]
    print("queue", queue.name, queue.queue_arguments)
    print("route", app.conf.task_routes["celery_salt.dispatch_event"])
    print("prefetch", app.conf.worker_prefetch_multiplier)

# Output:
# queue mailer {'x-max-priority': 10}
# route {'queue': 'mailer', 'exchange': 'tchu_events', 'exchange_type': 'topic', 'routing_key': 'celery_salt.dispatch_event'}
# prefetch 1
