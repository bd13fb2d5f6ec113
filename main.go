// Command errtop is top for failing requests: what is broken, since when, why, what to do about it, and is it getting
// better. See README.md.
package main

import (
	_ "embed"
	"os"

	"errtop/internal/cli"
)

// example is what errtop init writes.
//
//go:embed config.example.toml
var example []byte

func main() {
	os.Exit(cli.Main(os.Args[1:], cli.Process{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		LookupEnv:     os.LookupEnv,
		ExampleConfig: example,
	}))
}
