import local

from celery_salt import SaltEvent, subscribe
from pydantic import BaseModel


class DocumentShared(SaltEvent):
    class Schema(BaseModel):
        path: str
        shared_with: str

    class Meta:
        topic = "document.shared"

    def publish(self, **options):
        if not self.data.shared_with:
            return None  # nothing is sent, and the caller sees no error
        self.data.path = "/shared" + self.data.path
        message_id = super().publish(**options)
        print("sent", self.data.path)
        return message_id


@subscribe(DocumentShared)
def index(document):
    pass


def share():
    DocumentShared(path="/plan.txt", shared_with="bob").publish()
    print("vetoed:", DocumentShared(path="/plan.txt", shared_with="").publish())


if __name__ == "__main__":
    with local.worker() as wait:
        share()
        wait()

# Output:
# sent /shared/plan.txt
# vetoed: None
