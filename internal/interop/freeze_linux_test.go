package interop_test

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func freeze(t *testing.T, n *node) { require.NoError(t, n.command.Process.Signal(syscall.SIGSTOP)) }
func thaw(t *testing.T, n *node)   { require.NoError(t, n.command.Process.Signal(syscall.SIGCONT)) }
