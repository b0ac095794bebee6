"""Asks interdict before a withdrawal is sent.

    pip install grpcio grpcio-tools
    python -m grpc_tools.protoc -I proto --python_out=. --grpc_python_out=. proto/interdict/v1/*.proto
    python screen_withdrawal.py 0x098B716B8Aaf21512996dC57EB0615e2383E2f96 ETH

Only a whole answer that says so is an ALLOW. Everything else, whatever it is,
is a BLOCK that says why.
"""

import json
import os
import sys
from dataclasses import dataclass

import grpc
from interdict.v1 import screening_pb2 as api
from interdict.v1 import screening_pb2_grpc

DEADLINE_SECONDS = 0.5

# A screening is a read: asking twice does no harm. gRPC waits in between, with
# jitter, as long as the daemon asks it to, and never beyond the deadline.
RETRIES = {
    "methodConfig": [
        {
            "name": [{"service": "interdict.v1.ScreeningService"}],
            "retryPolicy": {
                "maxAttempts": 3,
                "initialBackoff": "0.02s",
                "maxBackoff": "0.2s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"],
            },
        }
    ]
}


@dataclass(frozen=True)
class Decision:
    """What to do with a withdrawal. Store the answer's ids beside it."""

    action: str  # ALLOW, REVIEW or BLOCK
    why: str
    answer: api.ScreenAddressResponse | None = None


def open_channel(target, ca=None, certificate=None, key=None):
    """Returns a channel: TLS if `ca` (PEM bytes) is given. Keep it and share it."""
    options = [("grpc.service_config", json.dumps(RETRIES))]
    if ca is None:
        return grpc.insecure_channel(target, options)
    credentials = grpc.ssl_channel_credentials(ca, key, certificate)
    return grpc.secure_channel(target, credentials, options)


def is_local(target) -> bool:
    """Tells whether a target is on this machine, where nobody listens in between."""
    return target.startswith(("127.", "localhost:", "[::1]:", "unix:"))


def screen_withdrawal(
    channel, address, network="", reference="", api_key=None, min_generation=0
) -> Decision:
    """Asks whether a withdrawal to `address` may be sent."""
    request = api.ScreenAddressRequest(
        address=address,
        network=network,
        purpose=api.PURPOSE_WITHDRAWAL,
        reference=reference,
        moment=api.Moment(min_generation=min_generation),
    )
    metadata = [("authorization", f"Bearer {api_key}")] if api_key else None
    stub = screening_pb2_grpc.ScreeningServiceStub(channel)
    try:
        answer = stub.ScreenAddress(request, timeout=DEADLINE_SECONDS, metadata=metadata)
    except grpc.RpcError as error:
        return Decision("BLOCK", f"no answer: {error.code().name}")
    except Exception as error:  # A refused header, a broken message: no answer.
        return Decision("BLOCK", f"no answer: {type(error).__name__}")
    return decide(answer, min_generation)


def decide(answer, min_generation=0) -> Decision:
    """Takes a whole answer at its word, and blocks on anything else."""
    outcome, basis = answer.outcome, answer.basis
    whole = (
        answer.HasField("outcome")
        and answer.HasField("basis")
        and outcome.screening_id
        and any(basis.generation_digest)
        and basis.generation >= max(min_generation, 1)
        and outcome.verdict
        in (api.VERDICT_LISTED, api.VERDICT_NOT_LISTED, api.VERDICT_INDETERMINATE)
    )
    if not whole:
        return Decision("BLOCK", "the answer is not whole", answer)
    if outcome.action == api.ACTION_ALLOW:
        # An ALLOW has read the address, and never comes with a doubt.
        doubtful = outcome.verdict == api.VERDICT_INDETERMINATE or basis.stale
        if doubtful or not outcome.candidates:
            return Decision("BLOCK", "the answer contradicts itself", answer)
        return Decision("ALLOW", "not on the lists that the answer names", answer)
    if outcome.action == api.ACTION_REVIEW:
        return Decision("REVIEW", "a person has to look at the evidence", answer)
    if outcome.action == api.ACTION_BLOCK:
        return Decision("BLOCK", "the policy says so", answer)
    return Decision("BLOCK", f"unknown action {outcome.action}", answer)


def read(variable):
    """Returns the bytes of the file that a variable names, if it is set."""
    path = os.environ.get(variable)
    if path is None:
        return None
    with open(path, "rb") as file:
        return file.read()


def main():
    target = os.environ.get("INTERDICT_TARGET", "127.0.0.1:50051")
    api_key = (read("INTERDICT_API_KEY_FILE") or b"").decode().strip()
    address, network = (sys.argv[1:] + [""])[:2]
    if api_key and not read("INTERDICT_CA") and not is_local(target):
        sys.exit("an API key is not sent to another machine without TLS: set INTERDICT_CA")
    with open_channel(
        target, read("INTERDICT_CA"), read("INTERDICT_CERTIFICATE"), read("INTERDICT_CERTIFICATE_KEY")
    ) as channel:
        decision = screen_withdrawal(channel, address, network, "withdrawal 4711", api_key)
    print(decision.action, "-", decision.why)
    if decision.answer:
        print("screening", decision.answer.outcome.screening_id)
        print("generation", decision.answer.basis.generation)
        for match in decision.answer.outcome.matches:
            print("listed by", match.source, "as", ", ".join(match.subjects))
    return {"ALLOW": 0, "REVIEW": 10}.get(decision.action, 20)


if __name__ == "__main__":
    sys.exit(main())
