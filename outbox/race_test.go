//go:build race

package outbox_test

// slowness is how many times longer a test may take: the race detector watches every access.
const slowness = 10
