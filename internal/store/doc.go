// Package store remembers, in one SQLite file: what a tracker held when it was last kept, hours of the past, incidents, and the state
// of alerting.
//
// One process writes a store: it holds a lock file as long as it has the store open. Others read it. A store that is damaged is set
// aside under a name with the time in it, and what can still be read is taken over; one that a newer errtop made is refused and stays
// as it is. Everything that is written together is read together or not at all, whatever happens meanwhile.
package store
