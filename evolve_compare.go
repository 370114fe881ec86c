package salt

import (
	"slices"
	"time"

	"github.com/celerysalt/salt/schema"
)

// judging is a verdict in the making.
type judging struct {
	*Verdict
	writer *schema.Schema // of the version that is judged
	have   []*Record
	seen   []*Participant

	// suffers remembers by version whether its readers refuse what writer says.
	suffers map[string]bool
}

// compare checks a pair of versions in both directions that the policy asks for.
func (j *judging) compare(older, newer *Spec, against string) {
	for _, p := range []struct {
		part         string
		older, newer *schema.Schema
		answer       bool
	}{
		{"payload", older.Schema, newer.Schema, false},
		{"response", older.Response, newer.Response, true},
		{"error", older.Error, newer.Error, true},
	} {
		if p.older == nil || p.newer == nil {
			continue
		}
		level := j.Policy.Compatibility
		oldToNew, newToOld := level.backward(), level.forward()
		if p.answer {
			oldToNew, newToOld = newToOld, oldToNew
		}
		check := Check{Part: p.part, Against: against}
		if oldToNew {
			check.Writer, check.Reader = older.Version, newer.Version
			j.check(check, p.older, p.newer)
		}
		if newToOld {
			check.Writer, check.Reader = newer.Version, older.Version
			j.check(check, p.newer, p.older)
		}
	}
}

// check runs one comparison. The first that breaks is the verdict's conflict.
func (j *judging) check(c Check, writer, reader *schema.Schema) {
	if c.Breaks = schema.Breaks(writer, reader, j.Policy.Readers); len(c.Breaks) > 0 {
		c.Hit = j.hit(&c)
		j.refuse(&ConflictError{
			Topic: j.Topic, Version: j.Version, Part: c.Part, Level: j.Policy.Compatibility,
			Against: c.Against, Writer: c.Writer, Reader: c.Reader, Breaks: c.Breaks, Hit: c.Hit,
		})
	}
	j.Checks = append(j.Checks, c)
}

const (
	// liveFor is how long after its last report a participant counts as there:
	// three reports of a bus.
	liveFor = 3 * witnessAgain

	// maxHit bounds [Check.Hit]: a service of a thousand hosts is one service.
	maxHit = 50
)

// hit finds those who would suffer from a break. Nobody reads by the version
// that is judged, so there its writers are named. Readers by an older version
// get the message too, so they are asked for as well.
func (j *judging) hit(c *Check) (hit []*Participant) {
	readers, writers := []Role{RoleSubscriber, RoleServer}, []Role{RolePublisher, RoleCaller}
	if c.Part != "payload" {
		readers, writers = []Role{RoleCaller}, []Role{RoleServer}
	}
	roles, version := readers, c.Reader
	reads := version != j.Version
	if !reads {
		roles, version = writers, c.Writer
	}
	for _, p := range j.seen {
		if !slices.Contains(roles, p.Role) || !p.LastSeen.IsZero() && time.Since(p.LastSeen) > liveFor {
			continue
		}
		switch {
		case p.Version == version, p.Version == "", p.Version == LatestVersion:
		case reads && c.Part == "payload" && CompareVersions(p.Version, version) < 0 && j.older(p.Version):
		default:
			continue
		}
		if hit = append(hit, p); len(hit) == maxHit {
			break
		}
	}
	return hit
}

// older reports whether readers by an older version suffer too.
func (j *judging) older(version string) bool {
	suffers, known := j.suffers[version]
	if !known {
		i := slices.IndexFunc(j.have, func(r *Record) bool { return r.Version == version })
		suffers = i >= 0 && len(schema.Breaks(j.writer, j.have[i].Schema, j.Policy.Readers)) > 0
		j.suffers[version] = suffers
	}
	return suffers
}
