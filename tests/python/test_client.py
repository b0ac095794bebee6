"""A client of the daemon in another language, as an integrator would write it.

Makes all three screening calls twice: with stubs that grpcio-tools generates
from proto/, and with nothing but server reflection. Both must see the same.
Run it with tests/python/run.
"""

import importlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import grpc
from google.protobuf import message_factory
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)
from grpc_tools import protoc

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"
SERVICE = "interdict.v1.ScreeningService"

# The Ronin Bridge exploiter, in the spelling OFAC published.
LISTED = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96"
LISTED_SPELLINGS = {
    "as published": LISTED,
    "lower case": LISTED.lower(),
    "bare": LISTED.removeprefix("0x").lower(),
}
# Nobody's: no list will ever hold it.
UNLISTED = "0x00000000000000000000000000000000deadc0de"
GARBAGE = "not an address"

CALL_SECONDS = 10
READY_SECONDS = 60


class Daemon:
    """One daemon with a data directory of its own, on a port of its own."""

    def __init__(self, binary, folder):
        data_dir = str(folder / "data")
        # Nothing of the caller's own daemon, and no logs but errors.
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("INTERDICT_")
        } | {"INTERDICT_LOG": "error"}
        subprocess.run(
            [binary, "init", "--data-dir", data_dir],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env=environment,
            timeout=READY_SECONDS,
        )
        self.process = subprocess.Popen(
            [
                binary,
                *("serve", "--data-dir", data_dir, "--listen", "127.0.0.1:0"),
                *("--admin-listen", "off", "--http-listen", "off", "--metrics-listen", "off"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )
        try:
            self.target = self._announced()
            self.channel = grpc.insecure_channel(self.target)
            self._wait_until_serving()
        except BaseException:
            self.stop()
            raise

    def _announced(self):
        """Returns host and port from the line that says where it serves."""
        # A daemon that hangs is killed, which ends the loop below.
        watchdog = threading.Timer(READY_SECONDS, self.process.kill)
        watchdog.start()
        try:
            for line in self.process.stdout:
                found = re.search(r"is serving on http://(\S+)", line)
                if found:
                    return found.group(1)
        finally:
            watchdog.cancel()
        raise RuntimeError("the daemon ended before it said where it serves")

    def _wait_until_serving(self):
        health = health_pb2_grpc.HealthStub(self.channel)
        deadline = time.monotonic() + READY_SECONDS
        for service in ("", SERVICE):
            request = health_pb2.HealthCheckRequest(service=service)
            while True:
                answer = health.Check(request, timeout=CALL_SECONDS, wait_for_ready=True)
                if answer.status == health_pb2.HealthCheckResponse.SERVING:
                    break
                if time.monotonic() > deadline:
                    raise RuntimeError(f"{service!r} is not SERVING")
                time.sleep(0.05)

    def stop(self):
        """Stops the process that was started here and returns its exit code."""
        if hasattr(self, "channel"):
            self.channel.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.process.stdout.close()
        return code


class GeneratedClient:
    """Calls through stubs made from proto/."""

    def __init__(self, channel, folder):
        out = folder / "stubs"
        out.mkdir()
        files = [str(path) for path in sorted((PROTO / "interdict" / "v1").glob("*.proto"))]
        code = protoc.main(
            ["protoc", f"-I{PROTO}", f"--python_out={out}", f"--grpc_python_out={out}", *files]
        )
        if code != 0:
            raise RuntimeError("the proto cannot be compiled for Python")
        sys.path.insert(0, str(out))
        messages = importlib.import_module("interdict.v1.screening_pb2")
        services = importlib.import_module("interdict.v1.screening_pb2_grpc")
        stub = services.ScreeningServiceStub(channel)
        self.call = lambda method: getattr(stub, method)
        self.message = lambda name: getattr(messages, name)


class ReflectionClient:
    """Calls with nothing but what the server says about itself."""

    def __init__(self, channel, _folder):
        database = ProtoReflectionDescriptorDatabase(channel)
        self.services = set(database.get_services())
        pool = DescriptorPool(database)
        service = pool.FindServiceByName(SERVICE)

        def message(name):
            descriptor = pool.FindMessageTypeByName(f"interdict.v1.{name}")
            return message_factory.GetMessageClass(descriptor)

        def call(name):
            method = service.FindMethodByName(name)
            streams = {
                (False, False): channel.unary_unary,
                (True, True): channel.stream_stream,
            }
            make = streams[method.client_streaming, method.server_streaming]
            return make(
                f"/{SERVICE}/{name}",
                request_serializer=message(method.input_type.name).SerializeToString,
                response_deserializer=message(method.output_type.name).FromString,
            )

        self.call = call
        self.message = message


def name_of(message, field):
    """Returns the name of an enum field's value, found by its descriptor."""
    kind = message.DESCRIPTOR.fields_by_name[field].enum_type
    return kind.values_by_number[getattr(message, field)].name


def names_of(message, field):
    kind = message.DESCRIPTOR.fields_by_name[field].enum_type
    return [kind.values_by_number[number].name for number in getattr(message, field)]


class Calls:
    """What both clients must see."""

    client_class = None

    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        folder = pathlib.Path(temporary.name)
        cls.daemon = Daemon(os.environ["INTERDICT_BIN"], folder)
        cls.addClassCleanup(cls.stop)
        cls.client = cls.client_class(cls.daemon.channel, folder)

    @classmethod
    def stop(cls):
        code = cls.daemon.stop()
        if code != 0:
            raise AssertionError(f"asked to stop, the daemon ended with {code}")

    def screen(self, address, **fields):
        request = self.client.message("ScreenAddressRequest")(address=address, **fields)
        return self.client.call("ScreenAddress")(request, timeout=CALL_SECONDS)

    def query(self, address):
        return self.client.message("Query")(address=address)

    def check_basis(self, basis):
        self.assertGreaterEqual(basis.generation, 1)
        self.assertGreaterEqual(len(basis.generation_digest), 16)
        self.assertTrue(any(basis.generation_digest))
        self.assertGreater(basis.entries, 0)
        self.assertRegex(basis.screened_at, r"^\d{4}-\d\d-\d\dT[\d:.]+Z$")

    def check_listed(self, outcome):
        self.assertEqual(name_of(outcome, "verdict"), "VERDICT_LISTED")
        self.assertEqual(name_of(outcome, "action"), "ACTION_BLOCK")
        self.assertIn("REASON_LISTED", names_of(outcome, "reasons"))
        self.assertRegex(outcome.screening_id, r"^[0-9a-f]{8}-[0-9a-f]{4}-7")
        found = next(match for match in outcome.matches if match.source == "ofac-sdn")
        self.assertEqual(name_of(found, "tier"), "TIER_SANCTIONS")
        self.assertEqual(name_of(found, "category"), "CATEGORY_SANCTIONS")
        self.assertEqual(name_of(found, "relation"), "RELATION_DIRECT")
        self.assertEqual(name_of(found, "action"), "ACTION_BLOCK")
        self.assertTrue(found.active)
        self.assertIn("DPRK3", found.programs)
        self.assertIn("Lazarus Group", found.subjects)
        self.assertEqual(found.published_address, LISTED)
        self.assertEqual(found.incident.id, "ronin-bridge")
        self.assertEqual(found.incident.date, "2022-03-23")
        self.assertTrue(found.reference)
        self.assertTrue(any(found.publication_digest))
        self.assertEqual(outcome.candidates[found.candidate].canonical, LISTED)

    def check_not_listed(self, outcome):
        self.assertEqual(name_of(outcome, "verdict"), "VERDICT_NOT_LISTED")
        self.assertEqual(name_of(outcome, "action"), "ACTION_ALLOW")
        self.assertEqual(len(outcome.matches), 0)

    def check_indeterminate(self, outcome):
        self.assertEqual(name_of(outcome, "verdict"), "VERDICT_INDETERMINATE")
        self.assertEqual(name_of(outcome, "action"), "ACTION_REVIEW")
        self.assertEqual(names_of(outcome, "reasons"), ["REASON_UNKNOWN_FORMAT"])

    def test_a_listed_address_is_found_in_every_spelling(self):
        for spelling, address in LISTED_SPELLINGS.items():
            with self.subTest(spelling):
                answer = self.screen(address, network="ETH", reference="withdrawal 1")
                self.check_basis(answer.basis)
                self.check_listed(answer.outcome)

    def test_an_unlisted_address_is_not_listed(self):
        answer = self.screen(UNLISTED)
        self.check_basis(answer.basis)
        self.check_not_listed(answer.outcome)

    def test_what_is_no_address_is_indeterminate_and_not_an_error(self):
        answer = self.screen(GARBAGE)
        self.check_basis(answer.basis)
        self.check_indeterminate(answer.outcome)

    def test_a_malformed_date_is_an_error(self):
        moment = self.client.message("Moment")(as_of="yesterday")
        with self.assertRaises(grpc.RpcError) as caught:
            self.screen(LISTED, moment=moment)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)

    def test_a_batch_is_answered_by_position(self):
        request = self.client.message("ScreenAddressesRequest")(
            queries=map(self.query, [UNLISTED, LISTED, GARBAGE, LISTED.lower(), UNLISTED])
        )
        answer = self.client.call("ScreenAddresses")(request, timeout=CALL_SECONDS)
        self.check_basis(answer.basis)
        self.assertEqual(len(answer.outcomes), 5)
        self.check_not_listed(answer.outcomes[0])
        self.check_listed(answer.outcomes[1])
        self.check_indeterminate(answer.outcomes[2])
        self.check_listed(answer.outcomes[3])
        self.check_not_listed(answer.outcomes[4])
        single = self.screen(LISTED).basis
        self.assertEqual(single.generation_digest, answer.basis.generation_digest)

    def rescreen(self, chunks, **header):
        """Returns the parts of the answer in the order they came."""
        request = self.client.message("RescreenAddressesRequest")
        header = self.client.message("RescreenHeader")(**header)
        chunk = self.client.message("RescreenChunk")

        def requests():
            yield request(header=header)
            for addresses in chunks:
                yield request(chunk=chunk(queries=map(self.query, addresses)))

        replies = self.client.call("RescreenAddresses")(requests(), timeout=CALL_SECONDS)
        return [(reply.WhichOneof("part"), reply) for reply in replies]

    CHUNKS = ([UNLISTED, LISTED, GARBAGE], [LISTED.lower()], [UNLISTED, UNLISTED])

    def check_rescreen(self, parts):
        """Checks the order of the parts, and the summary against the rest."""
        kinds = [kind for kind, _ in parts]
        self.assertEqual(kinds, ["basis", *["outcomes"] * len(self.CHUNKS), "summary"])
        basis, summary = parts[0][1].basis, parts[-1][1].summary
        self.check_basis(basis)
        answered = [reply.outcomes for _, reply in parts[1:-1]]
        self.assertEqual([chunk.first_position for chunk in answered], [0, 3, 4])
        self.assertEqual([chunk.queries for chunk in answered], [3, 1, 2])
        self.assertEqual(summary.queries, 6)
        self.assertEqual(
            (summary.listed, summary.not_listed, summary.indeterminate), (2, 3, 1)
        )
        self.assertEqual((summary.review, summary.block), (1, 2))
        self.assertEqual(summary.generation, basis.generation)
        self.assertEqual(summary.generation_digest, basis.generation_digest)
        return {
            positioned.position: positioned.outcome
            for chunk in answered
            for positioned in chunk.outcomes
        }

    def test_a_rescreen_answers_in_order_and_ends_with_a_summary_that_agrees(self):
        outcomes = self.check_rescreen(self.rescreen(self.CHUNKS))
        self.assertEqual(list(outcomes), [0, 1, 2, 3, 4, 5])
        for position in (1, 3):
            self.check_listed(outcomes[position])
        for position in (0, 4, 5):
            self.check_not_listed(outcomes[position])
        self.check_indeterminate(outcomes[2])

    def test_a_rescreen_for_hits_only_still_counts_everything(self):
        outcomes = self.check_rescreen(self.rescreen(self.CHUNKS, hits_only=True))
        self.assertEqual(list(outcomes), [1, 2, 3])

    def test_a_rescreen_of_nothing_still_ends_with_a_summary(self):
        parts = self.rescreen([])
        self.assertEqual([kind for kind, _ in parts], ["basis", "summary"])
        self.assertEqual(parts[-1][1].summary.queries, 0)


class WithGeneratedStubs(Calls, unittest.TestCase):
    client_class = GeneratedClient


class WithReflectionOnly(Calls, unittest.TestCase):
    client_class = ReflectionClient

    def test_reflection_names_the_services(self):
        wanted = {SERVICE, "interdict.v1.ListService", "grpc.health.v1.Health"}
        self.assertLessEqual(wanted, self.client.services)


def main():
    # Not above: it takes what it needs from here.
    from test_example import TheExample

    loader, suite = unittest.TestLoader(), unittest.TestSuite()
    for case in (WithGeneratedStubs, WithReflectionOnly, TheExample):
        suite.addTests(loader.loadTestsFromTestCase(case))
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    # A sub-test that fails, and a set-up that does, are each in these lists
    # without being a test of their own.
    failed = len(result.failures) + len(result.errors)
    print(f"python: {max(result.testsRun - failed, 0)} passed, {failed} failed")
    return 0 if result.wasSuccessful() and result.testsRun > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
