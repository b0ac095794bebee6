"""The example that integrators copy: against the daemon, and against answers
that are broken in every way. Run by tests/python/run.
"""

import concurrent.futures
import importlib
import os
import pathlib
import sys
import tempfile
import time
import unittest

import grpc

from test_client import GARBAGE, LISTED, UNLISTED, Daemon, GeneratedClient

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "examples" / "python"
# Tests share their cores: the example's half a second is for machines at peace.
PATIENT_SECONDS = 20


class Fake:
    """A daemon that does as it is told."""

    def __init__(self, services, act):
        self.calls = 0

        class Servicer(services.ScreeningServiceServicer):
            def ScreenAddress(_, request, context):  # noqa: N802, N805
                self.calls += 1
                return act(self.calls, context)

        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
        services.add_ScreeningServiceServicer_to_server(Servicer(), self.server)
        self.target = f"127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"
        self.server.start()


class TheExample(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        folder = pathlib.Path(temporary.name)
        cls.daemon = Daemon(os.environ["INTERDICT_BIN"], folder)
        cls.addClassCleanup(cls.daemon.stop)
        GeneratedClient(cls.daemon.channel, folder)
        cls.api = importlib.import_module("interdict.v1.screening_pb2")
        cls.services = importlib.import_module("interdict.v1.screening_pb2_grpc")
        sys.path.insert(0, str(EXAMPLE))
        cls.example = importlib.import_module("screen_withdrawal")

    def good(self):
        answer = self.api.ScreenAddressResponse()
        answer.outcome.screening_id = "01a0b2c3-0000-7000-8000-000000000001"
        answer.outcome.verdict = self.api.VERDICT_NOT_LISTED
        answer.outcome.action = self.api.ACTION_ALLOW
        answer.outcome.candidates.add(canonical=UNLISTED)
        answer.basis.generation = 7
        answer.basis.generation_digest = b"\x01" * 32
        return answer

    def decide(self, target, seconds=None, **more):
        self.example.DEADLINE_SECONDS = seconds or PATIENT_SECONDS
        with self.example.open_channel(target) as channel:
            return self.example.screen_withdrawal(channel, more.pop("address", UNLISTED), **more)

    def against(self, act, **more):
        fake = Fake(self.services, act)
        try:
            return self.decide(fake.target, **more), fake.calls
        finally:
            fake.server.stop(None)

    def test_the_daemons_answers_are_decisions(self):
        for address, action in ((LISTED, "BLOCK"), (UNLISTED, "ALLOW"), (GARBAGE, "REVIEW")):
            decision = self.decide(self.daemon.target, address=address, reference="w 1")
            self.assertEqual(decision.action, action)
            self.assertTrue(decision.answer.outcome.screening_id)
        later = decision.answer.basis.generation + 1
        decision = self.decide(self.daemon.target, min_generation=later)
        self.assertEqual(decision.action, "BLOCK")
        self.assertIn("FAILED_PRECONDITION", decision.why)

    def test_every_error_is_a_block_and_only_some_are_asked_again(self):
        again = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED}
        for code in grpc.StatusCode:
            if code is grpc.StatusCode.OK:
                continue
            decision, calls = self.against(lambda _, context: context.abort(code, "no"))
            self.assertEqual(decision.action, "BLOCK", code)
            self.assertEqual(calls, 3 if code in again else 1, code)

    def test_one_that_recovers_is_an_allow(self):
        def act(call, context):
            if call < 3:
                context.abort(grpc.StatusCode.UNAVAILABLE, "starting")
            return self.good()

        decision, calls = self.against(act)
        self.assertEqual((decision.action, calls), ("ALLOW", 3))

    def test_one_that_hangs_or_is_gone_is_a_block_in_time(self):
        began = time.monotonic()
        decision, _ = self.against(lambda *_: time.sleep(3) or self.good(), seconds=0.3)
        self.assertEqual(decision.action, "BLOCK")
        self.assertIn("DEADLINE_EXCEEDED", decision.why)
        decision = self.decide("127.0.0.1:1", seconds=0.3)
        self.assertEqual(decision.action, "BLOCK")
        self.assertLess(time.monotonic() - began, 10)

    def test_nothing_but_a_whole_answer_is_an_allow(self):
        self.assertEqual(self.example.decide(self.good()).action, "ALLOW")
        api = self.api

        def spoil(name, value, part="outcome"):
            return lambda answer: setattr(getattr(answer, part), name, value)

        spoils = [
            lambda answer: answer.Clear(),
            lambda answer: answer.ClearField("outcome"),
            lambda answer: answer.ClearField("basis"),
            lambda answer: answer.outcome.ClearField("candidates"),
            spoil("screening_id", ""),
            spoil("action", api.ACTION_UNSPECIFIED),
            spoil("action", 9),
            spoil("verdict", api.VERDICT_UNSPECIFIED),
            spoil("verdict", 9),
            spoil("verdict", api.VERDICT_INDETERMINATE),
            spoil("stale", True, "basis"),
            spoil("generation", 0, "basis"),
            spoil("generation_digest", b"", "basis"),
            spoil("generation_digest", bytes(32), "basis"),
        ]
        for index, spoiled in enumerate(spoils):
            answer = self.good()
            spoiled(answer)
            self.assertEqual(self.example.decide(answer).action, "BLOCK", index)
        self.assertEqual(self.example.decide(self.good(), 8).action, "BLOCK")
        for action, word in ((api.ACTION_REVIEW, "REVIEW"), (api.ACTION_BLOCK, "BLOCK")):
            answer = self.good()
            answer.outcome.action = action
            self.assertEqual(self.example.decide(answer).action, word)

    def test_a_key_that_cannot_be_sent_is_a_block(self):
        decision = self.decide(self.daemon.target, api_key="ik_a_\nb")
        self.assertEqual(decision.action, "BLOCK")
        self.assertNotIn("ik_a", decision.why)
