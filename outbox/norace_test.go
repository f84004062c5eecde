//go:build !race

package outbox_test

// slowness is how many times longer a test may take.
const slowness = 1
