package schema

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// next computes what is known of each fact after looking one level further:
// its label and what was known of its parts.
func (g *meaning) next(known []digest) []digest {
	more := make([]digest, len(g.facts))
	var b []byte
	var group []digest
	for i, f := range g.facts {
		b = append(b[:0], f.label[:]...)
		for at := 0; at < len(f.edges); {
			if e := f.edges[at]; !e.group {
				b = append(b, known[e.to][:]...)
				at++
				continue
			}
			group = group[:0]
			for name := f.edges[at].name; at < len(f.edges) && f.edges[at].name == name; at++ {
				group = append(group, known[f.edges[at].to])
			}
			slices.SortFunc(group, func(x, y digest) int { return slices.Compare(x[:], y[:]) })
			for _, d := range group {
				b = append(b, d[:]...)
			}
		}
		more[i] = sha256.Sum256(b)
	}
	return more
}

// levels returns how far one must look to tell the schema from every other
// schema. Looking further splits the facts into more and more classes; once a
// level splits none, no later one will. A difference in one of them is seen
// from the root as many levels later as the fact is away. Both numbers depend
// on the meaning alone, not on how often the document repeats itself.
func (g *meaning) levels() int {
	known := make([]digest, len(g.facts))
	classes, settled := 1, 0
	for {
		known = g.next(known)
		n := countDistinct(known)
		if n == classes {
			break
		}
		classes = n
		settled++
	}
	return settled + g.radius(known) + 2
}

func countDistinct(known []digest) int {
	seen := make(map[digest]bool, len(known))
	for _, d := range known {
		seen[d] = true
	}
	return len(seen)
}

// radius is the distance from the root to the farthest class of facts.
func (g *meaning) radius(class []digest) int {
	distance := map[digest]int{class[0]: 0}
	queue, far := []int{0}, 0
	for len(queue) > 0 {
		i := queue[0]
		queue = queue[1:]
		for _, e := range g.facts[i].edges {
			if _, ok := distance[class[e.to]]; !ok {
				distance[class[e.to]] = distance[class[i]] + 1
				far = max(far, distance[class[e.to]])
				queue = append(queue, e.to)
			}
		}
	}
	return far
}

// look returns what is known of every fact after some levels.
func (g *meaning) look(levels int) []digest {
	known := make([]digest, len(g.facts))
	for range levels {
		known = g.next(known)
	}
	return known
}

func (g *meaning) hash(levels int) digest {
	root := g.look(levels)[0]
	return sha256.Sum256(binary.BigEndian.AppendUint64(root[:], uint64(levels)))
}
