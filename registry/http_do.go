package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/celerysalt/salt"
)

// maxAnswer bounds an answer, and a line of one that is a stream. A record has
// three schemas of 256 KiB at most; a conflict may list many participants.
const maxAnswer = 8 << 20

// do sends a request until there is an answer that is not to be repeated, and
// returns it with a status of 2xx. The caller closes the body.
func (r *HTTP) do(ctx context.Context, method, path string, query url.Values, body any) (*http.Response, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if r.closed.Load() {
		return nil, fmt.Errorf("registry %s: %w", r.base.Host, salt.ErrClosed)
	}
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return nil, fmt.Errorf("encode the request: %w", err)
		}
	}
	target := r.base.String() + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	for attempt := 1; ; attempt++ {
		resp, err := r.once(ctx, method, target, text)
		if err == nil && resp.StatusCode < 300 {
			return resp, nil
		}
		wait := time.Duration(0)
		if err == nil {
			wait = retryAfter(resp)
			err = r.refusal(resp)
		}
		if !errors.Is(err, salt.ErrUnavailable) || attempt >= r.attempts || ctx.Err() != nil {
			return nil, err
		}
		wait = max(wait, rand.N(min(50*time.Millisecond<<attempt, 2*time.Second)))
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait {
			return nil, err // the reason says more than that time is over
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(wait):
		}
	}
}

// once sends one request. An error that is worth another try wraps
// [salt.ErrUnavailable].
func (r *HTTP) once(ctx context.Context, method, target string, text []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json, application/x-ndjson")
	req.Header.Set("User-Agent", "salt")
	req.Header.Set("Prefer", "return=minimal")
	if text != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	actor := salt.Actor(ctx)
	if actor == "unknown" && r.actor != "" {
		actor = r.actor
	}
	if actor != "unknown" {
		req.Header.Set("X-Salt-Actor", url.PathEscape(actor))
	}
	resp, err := r.client.Do(req)
	if err == nil {
		return resp, nil
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("registry %s: %w", r.base.Host, ctx.Err())
	}
	if inner, ok := errors.AsType[*url.Error](err); ok {
		err = inner.Err // its text has the whole URL
	}
	return nil, fmt.Errorf("registry %s: %w", r.base.Host, unavailable{err})
}

// unavailable marks an error as worth another try, without another text.
type unavailable struct{ error }

func (u unavailable) Is(target error) bool { return target == salt.ErrUnavailable }
func (u unavailable) Unwrap() error        { return u.error }

// forbidden marks an error as a refusal for good, without another text.
type forbidden struct{ error }

func (f forbidden) Is(target error) bool { return target == salt.ErrForbidden }
func (f forbidden) Unwrap() error        { return f.error }

// retryAfter reads what a busy server asks for, within reason.
func retryAfter(resp *http.Response) time.Duration {
	seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, 5)) * time.Second
}

// refusal makes an error of an answer, and closes it.
func (r *HTTP) refusal(resp *http.Response) error {
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	var said struct {
		Error    string              `json:"error"`
		Conflict *salt.ConflictError `json:"conflict"`
	}
	if err := json.Unmarshal(text, &said); err != nil || said.Error == "" {
		said.Error = "answered " + resp.Status
	}
	if len(said.Error) > 4<<10 {
		said.Error = strings.ToValidUTF8(said.Error[:4<<10], "") + "…"
	}
	err := errors.New(said.Error)
	switch resp.StatusCode {
	case http.StatusConflict:
		if said.Conflict != nil {
			return said.Conflict
		}
	case http.StatusNotFound:
		if resp.Header.Get("Content-Type") == "application/json" {
			err = fmt.Errorf("%s: %w", strings.TrimSuffix(said.Error, ": "+salt.ErrNotFound.Error()), salt.ErrNotFound)
		} else {
			err = errors.New("there is no Salt registry at this address")
		}
	case http.StatusUnauthorized:
		err = forbidden{fmt.Errorf("%w; give a token in %s", err, TokenVariable)}
	case http.StatusForbidden:
		err = forbidden{err}
	case http.StatusRequestEntityTooLarge:
		err = fmt.Errorf("%w: %w", err, salt.ErrTooLarge)
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		err = unavailable{err}
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		err = errors.New("it redirects to another address; give that as the registry's URL")
	}
	return fmt.Errorf("registry %s: %w", r.base.Host, err)
}

// call sends a request and decodes its answer, unless into is nil.
func (r *HTTP) call(ctx context.Context, method, path string, body, into any) error {
	resp, err := r.do(ctx, method, path, nil, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil && ctx.Err() != nil:
		return fmt.Errorf("registry %s: %w", r.base.Host, ctx.Err())
	case err != nil:
		return fmt.Errorf("registry %s: read the answer: %w", r.base.Host, unavailable{err})
	case len(text) > maxAnswer:
		return fmt.Errorf("registry %s: the answer is larger than %d bytes", r.base.Host, maxAnswer)
	case into == nil:
		return nil
	}
	if err := json.Unmarshal(text, into, trusting); err != nil {
		return fmt.Errorf("registry %s: decode the answer: %w", r.base.Host, err)
	}
	return nil
}
