/**
 * Asks interdict before a withdrawal is sent.
 *
 *     npm install
 *     npx tsc
 *     node screen-withdrawal.js 0x098B716B8Aaf21512996dC57EB0615e2383E2f96 ETH
 *
 * Only a whole answer that says so is an ALLOW. Everything else, whatever it
 * is, is a BLOCK that says why.
 */
import { readFileSync } from "node:fs";
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const DEADLINE_MS = 500;

/**
 * A screening is a read: asking twice does no harm. gRPC waits in between, with
 * jitter, as long as the daemon asks it to, and never beyond the deadline.
 */
const RETRIES = {
  methodConfig: [
    {
      name: [{ service: "interdict.v1.ScreeningService" }],
      retryPolicy: {
        maxAttempts: 3,
        initialBackoff: "0.02s",
        maxBackoff: "0.2s",
        backoffMultiplier: 2,
        retryableStatusCodes: ["UNAVAILABLE", "RESOURCE_EXHAUSTED"],
      },
    },
  ],
};

/** The fields of an answer that are looked at here; the proto has all of them. */
export interface Answer {
  outcome: {
    screening_id: string;
    verdict: string | number;
    action: string | number;
    candidates: { canonical: string }[];
    matches: { source: string; subjects: string[] }[];
  } | null;
  basis: {
    generation: string;
    generation_digest: Uint8Array;
    stale: boolean;
  } | null;
}

/** What to do with a withdrawal. Store the answer's ids beside it. */
export interface Decision {
  action: "ALLOW" | "REVIEW" | "BLOCK";
  why: string;
  answer?: Answer;
}

export interface Query {
  address: string;
  network?: string;
  reference?: string;
  minGeneration?: bigint;
}

type Call = (
  request: object,
  metadata: grpc.Metadata,
  options: grpc.CallOptions,
  done: (error: grpc.ServiceError | null, answer?: Answer) => void,
) => void;

export class Screener {
  private readonly client: grpc.Client;
  private readonly call: Call;
  private readonly metadata = new grpc.Metadata();

  /** TLS if `ca` is given. Keep one and share it. */
  constructor(
    target: string,
    proto: string,
    secrets: { ca?: Buffer; certificate?: Buffer; key?: Buffer; apiKey?: string } = {},
  ) {
    if (secrets.apiKey && !secrets.ca && !/^(127\.|localhost:|\[::1\]:|unix:)/.test(target)) {
      throw new Error("an API key is not sent to another machine without TLS: set INTERDICT_CA");
    }
    const definition = loadSync("interdict/v1/screening.proto", {
      includeDirs: [proto],
      keepCase: true,
      longs: String,
      enums: String,
      defaults: true,
      arrays: true,
    });
    const api = grpc.loadPackageDefinition(definition) as any;
    const credentials = secrets.ca
      ? grpc.credentials.createSsl(secrets.ca, secrets.key ?? null, secrets.certificate ?? null)
      : grpc.credentials.createInsecure();
    const client = new api.interdict.v1.ScreeningService(target, credentials, {
      "grpc.service_config": JSON.stringify(RETRIES),
    });
    this.client = client;
    this.call = client.ScreenAddress.bind(client);
    if (secrets.apiKey) this.metadata.set("authorization", `Bearer ${secrets.apiKey}`);
  }

  /** Asks whether a withdrawal may be sent. Never rejects. */
  screenWithdrawal(query: Query): Promise<Decision> {
    const request = {
      address: query.address,
      network: query.network ?? "",
      purpose: "PURPOSE_WITHDRAWAL",
      reference: query.reference ?? "",
      moment: { min_generation: String(query.minGeneration ?? 0n) },
    };
    const options = { deadline: Date.now() + DEADLINE_MS };
    return new Promise((resolve) => {
      const block = (why: string) => resolve({ action: "BLOCK", why: `no answer: ${why}` });
      try {
        this.call(request, this.metadata, options, (error, answer) => {
          if (error || !answer) return block(error ? grpc.status[error.code] : "empty");
          try {
            resolve(decide(answer, query.minGeneration));
          } catch (broken) {
            block((broken as Error).name);
          }
        });
      } catch (refused) {
        block((refused as Error).name);
      }
    });
  }

  close(): void {
    this.client.close();
  }
}

/** Takes a whole answer at its word, and blocks on anything else. */
export function decide(answer: Answer, minGeneration = 0n): Decision {
  const { outcome, basis } = answer;
  const least = minGeneration > 1n ? minGeneration : 1n;
  const verdicts = ["VERDICT_LISTED", "VERDICT_NOT_LISTED", "VERDICT_INDETERMINATE"];
  if (
    !outcome ||
    !basis ||
    !outcome.screening_id ||
    !basis.generation_digest.some((byte) => byte !== 0) ||
    BigInt(basis.generation) < least ||
    !verdicts.includes(String(outcome.verdict))
  ) {
    return { action: "BLOCK", why: "the answer is not whole", answer };
  }
  switch (outcome.action) {
    case "ACTION_ALLOW": {
      // An ALLOW has read the address, and never comes with a doubt.
      const doubtful = outcome.verdict === "VERDICT_INDETERMINATE" || basis.stale;
      if (doubtful || outcome.candidates.length === 0) {
        return { action: "BLOCK", why: "the answer contradicts itself", answer };
      }
      return { action: "ALLOW", why: "not on the lists that the answer names", answer };
    }
    case "ACTION_REVIEW":
      return { action: "REVIEW", why: "a person has to look at the evidence", answer };
    case "ACTION_BLOCK":
      return { action: "BLOCK", why: "the policy says so", answer };
    default:
      return { action: "BLOCK", why: `unknown action ${outcome.action}`, answer };
  }
}

function read(variable: string): Buffer | undefined {
  const path = process.env[variable];
  return path === undefined ? undefined : readFileSync(path);
}

async function main(): Promise<number> {
  const [address = "", network = ""] = process.argv.slice(2);
  const screener = new Screener(
    process.env.INTERDICT_TARGET ?? "127.0.0.1:50051",
    process.env.INTERDICT_PROTO ?? "../../../proto",
    {
      ca: read("INTERDICT_CA"),
      certificate: read("INTERDICT_CERTIFICATE"),
      key: read("INTERDICT_CERTIFICATE_KEY"),
      apiKey: read("INTERDICT_API_KEY_FILE")?.toString().trim(),
    },
  );
  const { action, why, answer } = await screener.screenWithdrawal({
    address,
    network,
    reference: "withdrawal 4711",
  });
  screener.close();
  console.log(action, "-", why);
  if (answer?.outcome && answer.basis) {
    console.log("screening", answer.outcome.screening_id);
    console.log("generation", answer.basis.generation);
    for (const match of answer.outcome.matches) {
      console.log("listed by", match.source, "as", match.subjects.join(", "));
    }
  }
  return action === "ALLOW" ? 0 : action === "REVIEW" ? 10 : 20;
}

if (require.main === module) {
  main().then((code) => process.exit(code));
}
