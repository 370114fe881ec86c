package redis

// Subjects is the number of ids that are not forgotten.
func Subjects(r *Results) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.subjects)
}
