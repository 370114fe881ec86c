import os
import shutil
import ssl
import subprocess
import tempfile
import unittest

from salt_registry import SaltRegistryUnavailable
from tests.base import FakeTest, register
from tests.fake import Fake


@unittest.skipIf(shutil.which("openssl") is None, "no openssl to make a certificate")
class TLS(FakeTest):
    def setUp(self) -> None:
        where = tempfile.TemporaryDirectory()
        self.addCleanup(where.cleanup)
        key, self.cert = os.path.join(where.name, "key.pem"), os.path.join(where.name, "cert.pem")
        subprocess.run(
            [
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-keyout",
                key,
                "-out",
                self.cert,
                "-days",
                "2",
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=IP:127.0.0.1",
            ],
            check=True,
            capture_output=True,
        )
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(self.cert, key)
        self.fake = Fake(tls=server)
        self.fake.start()
        self.addCleanup(self.fake.stop)

    def test_trusted(self) -> None:
        r = self.registry(ssl_context=ssl.create_default_context(cafile=self.cert))
        for n in range(5):
            self.assertEqual(register(r, f"order.n{n}"), {"created": True})
        self.assertEqual(self.fake.connections, 1)

    def test_not_trusted(self) -> None:
        with self.assertRaisesRegex(SaltRegistryUnavailable, "not trusted.*ssl_context"):
            register(self.registry())
        self.assertEqual(self.fake.requests, [], "no token goes to who knows whom")


if __name__ == "__main__":
    unittest.main()
