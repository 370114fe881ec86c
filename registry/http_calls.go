package registry

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"

	"github.com/go-json-experiment/json"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

// Register stores specs, all or none. See [salt.Registry].
func (r *HTTP) Register(ctx context.Context, specs ...*salt.Spec) error {
	for _, s := range specs {
		if err := checkSpec(s); err != nil {
			return fmt.Errorf("register: %w", err)
		}
	}
	if err := r.call(ctx, http.MethodPost, "v1/register", map[string]any{"specs": specs}, nil); err != nil {
		return fmt.Errorf("register: %w", err)
	}
	return nil
}

// Judge says what Register would do, without doing it: one verdict for each
// spec, each as if those before it were registered.
func (r *HTTP) Judge(ctx context.Context, specs ...*salt.Spec) ([]*salt.Verdict, error) {
	for _, s := range specs {
		if err := checkSpec(s); err != nil {
			return nil, fmt.Errorf("judge: %w", err)
		}
	}
	var answer struct {
		Verdicts []*salt.Verdict `json:"verdicts"`
	}
	if err := r.call(ctx, http.MethodPost, "v1/check", map[string]any{"specs": specs}, &answer); err != nil {
		return nil, fmt.Errorf("judge: %w", err)
	}
	return answer.Verdicts, nil
}

// Lookup returns one spec. See [salt.Registry].
func (r *HTTP) Lookup(ctx context.Context, topic, version string) (*salt.Spec, error) {
	key := [2]string{topic, version}
	if spec, ok := r.specs.get(key); ok && ctx.Err() == nil && !r.closed.Load() {
		return spec, nil
	}
	if salt.CheckTopic(topic) != nil || version != salt.LatestVersion && salt.CheckVersion(version) != nil {
		return nil, fmt.Errorf("look up: topic %q version %q: %w", topic, version, salt.ErrNotFound)
	}
	var record salt.Record
	err := r.call(ctx, http.MethodGet, "v1/topics/"+url.PathEscape(topic)+"/versions/"+url.PathEscape(version), nil, &record)
	if err != nil {
		return nil, fmt.Errorf("look up: %w", err)
	}
	spec := &record.Spec
	if spec.Schema == nil {
		return nil, fmt.Errorf("look up: registry %s: the record has no schema", r.base.Host)
	}
	// A request's answers may still be added.
	if version != salt.LatestVersion && (spec.Mode == salt.ModeEvent || spec.Response != nil && spec.Error != nil) {
		cost := len(spec.Schema.JSON())
		if spec.Mode == salt.ModeRPC {
			cost += len(spec.Response.JSON()) + len(spec.Error.JSON())
		}
		r.specs.put(key, spec, cost)
	}
	return spec, nil
}

// SchemaByID returns a schema. See [salt.RegistryStore].
func (r *HTTP) SchemaByID(ctx context.Context, id int64) (*schema.Schema, error) {
	if known, ok := r.texts.get(id); ok && ctx.Err() == nil && !r.closed.Load() {
		return known, nil
	}
	var text *schema.Schema
	if err := r.call(ctx, http.MethodGet, fmt.Sprintf("v1/schemas/%d", id), nil, &text); err != nil {
		return nil, fmt.Errorf("look up a schema: %w", err)
	}
	if text == nil {
		return nil, fmt.Errorf("look up a schema: registry %s: the answer is null", r.base.Host)
	}
	r.texts.put(id, text, len(text.JSON()))
	return text, nil
}

// policyPath is where the policy of a topic is, or the registry's.
func policyPath(topic string) (string, error) {
	if topic == "" {
		return "v1/policy", nil
	}
	return "v1/topics/" + url.PathEscape(topic) + "/policy", salt.CheckTopic(topic)
}

// Policy returns what was set. See [salt.RegistryStore].
func (r *HTTP) Policy(ctx context.Context, topic string) (p salt.Policy, err error) {
	path, err := policyPath(topic)
	if err == nil {
		err = r.call(ctx, http.MethodGet, path, nil, &p)
	}
	if err != nil {
		return salt.Policy{}, fmt.Errorf("read the policy: %w", err)
	}
	return p, nil
}

// SetPolicy sets the policy of a topic or of the registry.
func (r *HTTP) SetPolicy(ctx context.Context, topic string, p salt.Policy) error {
	path, err := policyPath(topic)
	if err == nil {
		err = p.Check()
	}
	if err == nil {
		err = r.call(ctx, http.MethodPut, path, p, nil)
	}
	if err != nil {
		return fmt.Errorf("set policy of %q: %w", topic, err)
	}
	return nil
}

// Deprecate marks a version. See [salt.RegistryStore].
func (r *HTTP) Deprecate(ctx context.Context, topic, version, note string) error {
	if salt.CheckTopic(topic) != nil || salt.CheckVersion(version) != nil {
		return fmt.Errorf("deprecate: topic %q version %q: %w", topic, version, salt.ErrNotFound)
	}
	method, body := http.MethodPut, any(map[string]string{"note": note})
	if note == "" {
		method, body = http.MethodDelete, nil
	}
	path := "v1/topics/" + url.PathEscape(topic) + "/versions/" + url.PathEscape(version) + "/deprecation"
	if err := r.call(ctx, method, path, body, nil); err != nil {
		return fmt.Errorf("deprecate: %w", err)
	}
	return nil
}

// See records participants. See [salt.RegistryStore].
func (r *HTTP) See(ctx context.Context, seen ...*salt.Participant) error {
	if err := r.call(ctx, http.MethodPost, "v1/seen", map[string]any{"participants": seen}, nil); err != nil {
		return fmt.Errorf("record participants: %w", err)
	}
	return nil
}

// Specs yields all specs.
func (r *HTTP) Specs(ctx context.Context) iter.Seq2[*salt.Spec, error] {
	return specsOf(r.Records(ctx, ""))
}

// Records yields records as they come. See [salt.RegistryStore].
func (r *HTTP) Records(ctx context.Context, topic string) iter.Seq2[*salt.Record, error] {
	return stream[salt.Record](ctx, r, "list records", "v1/records", topic)
}

// Participants yields who was seen. See [salt.RegistryStore].
func (r *HTTP) Participants(ctx context.Context, topic string) iter.Seq2[*salt.Participant, error] {
	return stream[salt.Participant](ctx, r, "list participants", "v1/participants", topic)
}

// History yields the changes. See [salt.RegistryStore].
func (r *HTTP) History(ctx context.Context, topic string) iter.Seq2[*salt.Change, error] {
	return stream[salt.Change](ctx, r, "read the history", "v1/history", topic)
}

// stream yields the lines of an answer. One that ends early is an error.
func stream[T any](ctx context.Context, r *HTTP, what, path, topic string) iter.Seq2[*T, error] {
	var query url.Values
	if topic != "" {
		query = url.Values{"topic": {topic}}
	}
	return func(yield func(*T, error) bool) {
		resp, err := r.do(ctx, http.MethodGet, path, query, nil)
		if err != nil {
			yield(nil, fmt.Errorf("%s: %w", what, err))
			return
		}
		defer resp.Body.Close()
		lines := bufio.NewReaderSize(resp.Body, 64<<10)
		for {
			one := new(T)
			err := decodeLine(lines, one)
			if errors.Is(err, errEnd) {
				return
			}
			if rec, ok := any(one).(*salt.Record); ok && err == nil && rec.Schema == nil {
				err = errors.New("a record has no schema")
			}
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				if ctx.Err() != nil {
					err = ctx.Err()
				}
				yield(nil, fmt.Errorf("%s: registry %s: %w", what, r.base.Host, err))
				return
			}
			if !yield(one, nil) {
				return
			}
		}
	}
}

// errEnd: a stream ended where it may.
var errEnd = errors.New("end")

// decodeLine reads one JSON line of bounded length, errEnd at the end.
func decodeLine(lines *bufio.Reader, into any) error {
	var line []byte
	for {
		part, err := lines.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxAnswer:
			return fmt.Errorf("a line of the answer is larger than %d bytes", maxAnswer)
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(line) > 0:
			return fmt.Errorf("the answer ended within a line: %w", io.ErrUnexpectedEOF)
		case errors.Is(err, io.EOF):
			return errEnd
		case err != nil:
			return err
		}
		return json.Unmarshal(line, into, trusting)
	}
}
