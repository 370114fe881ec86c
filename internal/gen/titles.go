package gen

// Contested returns the titles of payloads that contracts of several topics have.
// As names of types they would go to whichever topic comes first, and so change
// hands when a topic is added: code that still compiles would publish to another
// topic.
func Contested(contracts []*Contract) map[string]bool {
	topics := map[string]string{}
	shared := map[string]bool{}
	for _, c := range contracts {
		root := c.Payload.Root
		for range 8 { // a reference may lead to itself
			if to := root.Ref(); to != nil && !root.Has("title") {
				root = to
			}
		}
		title := root.Text("title")
		if topic, met := topics[title]; met && topic != c.Topic {
			shared[title] = true
		}
		topics[title] = c.Topic
	}
	return shared
}
