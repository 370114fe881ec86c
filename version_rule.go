package salt

import (
	"errors"
	"fmt"
)

// A VersionRule says what becomes of a message whose version a handler was not
// written for.
type VersionRule uint8

// The rules.
const (
	// Take it.
	Take VersionRule = iota
	// Ignore it: the handler leaves it to others. An event that all handlers of
	// the service leave is acknowledged, a request dropped in silence.
	Ignore
	// DeadLetter it, with [ReasonVersion]: an event goes to <queue>.dead, for
	// all handlers of the queue, the caller of a request gets a fault.
	DeadLetter
)

// String returns the rule's name.
func (r VersionRule) String() string {
	switch r {
	case Take:
		return "take"
	case Ignore:
		return "ignore"
	case DeadLetter:
		return "dead-letter"
	}
	return fmt.Sprintf("VersionRule(%d)", uint8(r))
}

// NewerVersions says what becomes of messages newer than the handler's
// definition. The default is [Take]: they are checked against the handler's own
// schema.
func NewerVersions(rule VersionRule) SubscribeOption {
	return func(s *subscription) { s.onNewer, s.ruled = rule, true }
}

// OlderVersions says what becomes of messages older than the handler's
// definition, [FromVersion] or oldest [Upcast]. The default is [Ignore], Python's
// way; [Take] is not one of its rules, because those options are. A message
// without a version is not older: only [AllVersions] handlers see it.
func OlderVersions(rule VersionRule) SubscribeOption {
	return func(s *subscription) { s.onOlder, s.ruled = rule, true }
}

// A VersionError says that a handler refused a message for its version alone,
// as [NewerVersions] or [OlderVersions] told it to.
type VersionError struct {
	Topic   string
	Version string // the message's
	Handler string

	// Oldest and Newest version that the handler knows.
	Oldest, Newest string
}

func (e *VersionError) Error() string {
	takes := e.Oldest
	if e.Newest != e.Oldest {
		takes += " to " + e.Newest
	}
	return fmt.Sprintf("version %s of %q is refused by handler %s, which takes %s", e.Version, e.Topic, e.Handler, takes)
}

// settleVersions checks what the options say of versions, and works out the
// oldest and the newest one that the handler knows.
func (s *subscription) settleVersions() error {
	if s.version != LatestVersion {
		if err := CheckVersion(s.version); err != nil {
			return err
		}
	}
	switch {
	case s.onNewer > DeadLetter || s.onOlder > DeadLetter:
		return errors.New("unknown rule for versions; there are salt.Take, salt.Ignore and salt.DeadLetter")
	case s.onOlder == Take:
		return errors.New("OlderVersions(salt.Take) is no rule; FromVersion, AllVersions or Upcast take older messages")
	case s.ruled && s.version == LatestVersion:
		return errors.New("a handler of all versions has no use for NewerVersions and OlderVersions")
	}
	s.ceiling = s.version
	if s.defined && s.version != LatestVersion && CompareVersions(s.def.spec.Version, s.version) > 0 {
		s.ceiling = s.def.spec.Version // FromVersion may name an older one
	}
	return s.linkUpcasts()
}

// rule says what the subscription does with m, by its version alone.
func (s *subscription) rule(m *Message) VersionRule {
	switch version := m.filterVersion(); {
	case s.version == LatestVersion || version == s.ceiling:
		return Take // the usual case, without parsing
	case version == "":
		return Ignore
	case CompareVersions(version, s.ceiling) > 0:
		return s.onNewer
	case !AcceptsVersion(s.version, version):
		return s.onOlder
	}
	return Take
}

// refusal is the error of a message that is dead-lettered for its version.
func (s *subscription) refusal(m *Message) error {
	if !s.ruled || s.rule(m) != DeadLetter {
		return nil
	}
	return &VersionError{Topic: m.Topic, Version: m.filterVersion(), Handler: s.name, Oldest: s.version, Newest: s.ceiling}
}
