package dbserver

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// asServant runs a command as the servant if the tests run as root, and ends it with
// stop if they end without ending it.
func asServant(c *exec.Cmd, stop os.Signal) {
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: stop.(syscall.Signal), Setpgid: true}
	if uid, gid, ok := servantIDs(); ok {
		c.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
}

// handOver gives the directory to the servant.
func handOver(dir string) error {
	if uid, gid, ok := servantIDs(); ok {
		return os.Chown(dir, uid, gid)
	}
	return nil
}

func servantIDs() (uid, gid int, ok bool) {
	if os.Geteuid() != 0 {
		return 0, 0, false
	}
	u, err := user.Lookup(servant)
	if err != nil {
		return 0, 0, false
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	return uid, gid, err1 == nil && err2 == nil
}
