package ingest

import "syscall"

// endWithParent has a program end where errtop is killed and cannot end it.
func endWithParent(attributes *syscall.SysProcAttr) { attributes.Pdeathsig = syscall.SIGTERM }
