// Command errtop is top for failing requests.
package main

func main() {}
