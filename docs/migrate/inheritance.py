import local

from celery_salt import SaltEvent, subscribe
from pydantic import BaseModel


class DocumentEvent(SaltEvent):
    class Schema(BaseModel):
        path: str

    class Meta:
        topic = "document"  # needed, though nobody publishes it
        auto_register = False

    def verb(self) -> str:
        return "touched"

    def publish(self, **options):
        print("audit:", self.verb(), self.data.path)  # the child's verb
        return super().publish(**options)


class DocumentDeleted(DocumentEvent):
    class Schema(DocumentEvent.Schema):
        reason: str

    class Meta:
        topic = "document.deleted"

    def verb(self) -> str:
        return "deleted"


@subscribe(DocumentDeleted)
def forget(document: DocumentDeleted):
    print("forget", document.path, "because", document.reason)


def delete():
    return DocumentDeleted(path="/plan.txt", reason="old").publish()


if __name__ == "__main__":
    with local.worker() as wait:
        delete()
        wait()

# Output:
# audit: deleted /plan.txt
# forget /plan.txt because old
