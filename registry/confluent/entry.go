package confluent

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

// An entry is a schema under a subject, as clients get it.
type entry struct {
	Subject string `json:"subject"`
	Version int    `json:"version"`
	ID      int64  `json:"id"`
	GUID    string `json:"guid"`
	Type    string `json:"schemaType"`
	Schema  string `json:"schema"`

	record *salt.Record
	parsed *schema.Schema
}

// entries lists what a subject has, by version order.
func (s *subject) entries() []*entry {
	var all []*entry
	for _, r := range s.records {
		if parsed, id := s.part.schema(r); parsed != nil {
			all = append(all, &entry{s.name, r.Number, id, guid(parsed), jsonType, parsed.String(), r, parsed})
		}
	}
	return all
}

// guid is an identifier of a schema's text that is the same in every registry:
// a UUID of version 8 over its SHA-256.
func guid(s *schema.Schema) string {
	sum := sha256.Sum256(s.JSON())
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// at returns the entry of a version as it stands in a path.
func (s *subject) at(version string) (*entry, error) {
	number, err := parseVersion(version)
	if err != nil {
		return nil, err
	}
	all := s.entries()
	if len(all) == 0 {
		return nil, noSubject(s.name)
	}
	if number == latestNumber {
		return all[len(all)-1], nil
	}
	for _, e := range all {
		if e.Version == number {
			return e, nil
		}
	}
	return nil, fail(codeVersion, "version %d of %q not found", number, s.name)
}

// latestNumber is what parseVersion says for the latest version.
const latestNumber = -1

func parseVersion(version string) (int, error) {
	if version == "latest" || version == "-1" {
		return latestNumber, nil
	}
	number, err := strconv.ParseInt(version, 10, 32)
	if err != nil || number < 1 {
		return 0, fail(codeBadVersion, "%q is not a version; write a number from 1 to %d, or latest", version, math.MaxInt32)
	}
	return int(number), nil
}

// find returns the newest entry of the same text, else the newest of the same
// meaning, else nil.
func (s *subject) find(want *schema.Schema) *entry {
	all := s.entries()
	for _, e := range slices.Backward(all) {
		if bytes.Equal(e.parsed.JSON(), want.JSON()) {
			return e
		}
	}
	for _, e := range slices.Backward(all) {
		if schema.Equal(e.parsed, want) {
			return e
		}
	}
	return nil
}
