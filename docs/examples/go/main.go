// Asks interdict before a withdrawal is sent.
//
//	go mod init example.org/withdraw
//	protoc -I proto --go_out=. --go-grpc_out=. \
//	  --go_opt=module=example.org/withdraw --go-grpc_opt=module=example.org/withdraw \
//	  --go_opt=Minterdict/v1/screening.proto=example.org/withdraw/interdictv1 \
//	  --go-grpc_opt=Minterdict/v1/screening.proto=example.org/withdraw/interdictv1 \
//	  proto/interdict/v1/screening.proto
//	go mod tidy
//	go run . 0x098B716B8Aaf21512996dC57EB0615e2383E2f96 ETH
//
// Only a whole answer that says so is an Allow. Everything else, whatever it
// is, is a Block that says why.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	api "example.org/withdraw/interdictv1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const deadline = 500 * time.Millisecond

// A screening is a read: asking twice does no harm. gRPC waits in between, with
// jitter, as long as the daemon asks it to, and never beyond the deadline.
const retries = `{
  "methodConfig": [{
    "name": [{"service": "interdict.v1.ScreeningService"}],
    "retryPolicy": {
      "maxAttempts": 3,
      "initialBackoff": "0.02s",
      "maxBackoff": "0.2s",
      "backoffMultiplier": 2,
      "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"]
    }
  }]
}`

// Action is what to do with a withdrawal. Its zero value is Block.
type Action int

const (
	Block Action = iota
	Review
	Allow
)

func (action Action) String() string {
	return [...]string{"BLOCK", "REVIEW", "ALLOW"}[action]
}

// Decision is an action and the reason for it. Store the answer's ids beside
// the withdrawal; there is none if the daemon gave none.
type Decision struct {
	Action Action
	Why    string
	Answer *api.ScreenAddressResponse
}

// Screener asks one daemon. Keep one and share it.
type Screener struct {
	connection *grpc.ClientConn
	apiKey     string
}

// NewScreener uses TLS if tlsConfig is given.
func NewScreener(target string, tlsConfig *tls.Config, apiKey string) (*Screener, error) {
	if apiKey != "" && tlsConfig == nil && !isLocal(target) {
		return nil, errors.New("an API key is not sent to another machine without TLS: set INTERDICT_CA")
	}
	transport := insecure.NewCredentials()
	if tlsConfig != nil {
		transport = credentials.NewTLS(tlsConfig)
	}
	connection, err := grpc.NewClient(target,
		grpc.WithTransportCredentials(transport),
		grpc.WithDefaultServiceConfig(retries))
	if err != nil {
		return nil, err
	}
	return &Screener{connection, apiKey}, nil
}

// isLocal tells whether a target is on this machine, where nobody listens in
// between.
func isLocal(target string) bool {
	for _, local := range []string{"127.", "localhost:", "[::1]:", "unix:"} {
		if strings.HasPrefix(target, local) {
			return true
		}
	}
	return false
}

// ScreenWithdrawal asks whether a withdrawal may be sent.
func (screener *Screener) ScreenWithdrawal(
	ctx context.Context, address, network, reference string, minGeneration uint64,
) Decision {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	if screener.apiKey != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+screener.apiKey)
	}
	client := api.NewScreeningServiceClient(screener.connection)
	answer, err := client.ScreenAddress(ctx, &api.ScreenAddressRequest{
		Address:   address,
		Network:   network,
		Purpose:   api.Purpose_PURPOSE_WITHDRAWAL,
		Reference: reference,
		Moment:    &api.Moment{MinGeneration: minGeneration},
	})
	if err != nil {
		return Decision{Why: "no answer: " + status.Code(err).String()}
	}
	return decide(answer, minGeneration)
}

// decide takes a whole answer at its word, and blocks on anything else.
func decide(answer *api.ScreenAddressResponse, minGeneration uint64) Decision {
	outcome, basis := answer.GetOutcome(), answer.GetBasis()
	if outcome.GetScreeningId() == "" ||
		strings.Trim(string(basis.GetGenerationDigest()), "\x00") == "" ||
		basis.GetGeneration() == 0 ||
		basis.GetGeneration() < minGeneration {
		return Decision{Why: "the answer is not whole", Answer: answer}
	}
	switch outcome.GetVerdict() {
	case api.Verdict_VERDICT_LISTED, api.Verdict_VERDICT_NOT_LISTED,
		api.Verdict_VERDICT_INDETERMINATE:
	default:
		return Decision{Why: "unknown verdict " + outcome.GetVerdict().String(), Answer: answer}
	}
	switch outcome.GetAction() {
	case api.Action_ACTION_ALLOW:
		// An ALLOW has read the address, and never comes with a doubt.
		doubtful := outcome.GetVerdict() == api.Verdict_VERDICT_INDETERMINATE || basis.GetStale()
		if doubtful || len(outcome.GetCandidates()) == 0 {
			return Decision{Why: "the answer contradicts itself", Answer: answer}
		}
		return Decision{Allow, "not on the lists that the answer names", answer}
	case api.Action_ACTION_REVIEW:
		return Decision{Review, "a person has to look at the evidence", answer}
	case api.Action_ACTION_BLOCK:
		return Decision{Block, "the policy says so", answer}
	default:
		return Decision{Why: "unknown action " + outcome.GetAction().String(), Answer: answer}
	}
}

// tlsFrom returns nil without INTERDICT_CA.
func tlsFrom() (*tls.Config, error) {
	path := os.Getenv("INTERDICT_CA")
	if path == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, errors.New(path + " holds no certificate")
	}
	certificate, key := os.Getenv("INTERDICT_CERTIFICATE"), os.Getenv("INTERDICT_CERTIFICATE_KEY")
	if certificate != "" {
		own, err := tls.LoadX509KeyPair(certificate, key)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{own}
	}
	return config, nil
}

func run() (Action, error) {
	target := os.Getenv("INTERDICT_TARGET")
	if target == "" {
		target = "127.0.0.1:50051"
	}
	tlsConfig, err := tlsFrom()
	if err != nil {
		return Block, err
	}
	apiKey := ""
	if path := os.Getenv("INTERDICT_API_KEY_FILE"); path != "" {
		key, err := os.ReadFile(path)
		if err != nil {
			return Block, err
		}
		apiKey = strings.TrimSpace(string(key))
	}
	screener, err := NewScreener(target, tlsConfig, apiKey)
	if err != nil {
		return Block, err
	}
	defer screener.connection.Close()
	arguments := append(os.Args[1:], "", "")
	decision := screener.ScreenWithdrawal(
		context.Background(), arguments[0], arguments[1], "withdrawal 4711", 0)
	fmt.Println(decision.Action, "-", decision.Why)
	if decision.Answer != nil {
		fmt.Println("screening", decision.Answer.GetOutcome().GetScreeningId())
		fmt.Println("generation", decision.Answer.GetBasis().GetGeneration())
		for _, match := range decision.Answer.GetOutcome().GetMatches() {
			fmt.Println("listed by", match.GetSource(), "as", strings.Join(match.GetSubjects(), ", "))
		}
	}
	return decision.Action, nil
}

func main() {
	action, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(map[Action]int{Allow: 0, Review: 10, Block: 20}[action])
}
