import local

from celery_salt import event, subscribe


@event("user.signup.completed")
class UserSignup:
    user_id: int
    email: str
    source: str = "web"


@subscribe("user.signup.completed")
def mail_welcome(data: UserSignup):
    print("welcome", data.email, "from", data.source)


def sign_up():
    return UserSignup.publish(user_id=7, email="ann@example.com")


if __name__ == "__main__":
    with local.worker() as wait:
        sign_up()
        wait()

# Output:
# welcome ann@example.com from web
