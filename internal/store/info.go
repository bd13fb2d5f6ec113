package store

import (
	"context"
	"database/sql"
	"os"
	"time"
)

// Info is what a store holds.
type Info struct {
	Path        string    `json:"path"`
	ID          string    `json:"id"` // by which others know it that it was imported into
	Schema      int       `json:"schema"`
	Bytes       int64     `json:"bytes"`     // of all its files
	LogBytes    int64     `json:"log_bytes"` // of them, the write-ahead log's
	KeptAt      time.Time `json:"kept_at,omitzero"`
	StateBytes  int64     `json:"state_bytes"`
	Targets     int       `json:"targets"`
	Hours       int       `json:"hours"` // rows: one for each target and hour
	First       time.Time `json:"first,omitzero"`
	Last        time.Time `json:"last,omitzero"`
	Incidents   int       `json:"incidents"`
	Imported    int       `json:"imported"` // other stores whose past is in it
	Holder      *Holder   `json:"holder,omitempty"`
	MostBytes   int64     `json:"-"`
	HourBytes   int64     `json:"hour_bytes"` // that an hour of a target takes on average, of its packed counts
	FreeBytes   int64     `json:"free_bytes"` // within the file, which vacuum gives back
	ThinnedRows int       `json:"thinned"`    // hours without their minutes
}

// Info looks at what the store holds.
func (s *Store) Info(ctx context.Context) (info Info, err error) {
	info = Info{Path: s.path, ID: s.id, LogBytes: s.walSize(), Holder: holderOf(s.path)}
	info.Bytes, info.MostBytes = s.Size()
	info.Schema = s.schema
	var kept, first, last, average sql.NullInt64
	var free int64
	for query, into := range map[string][]any{
		"SELECT max(at), coalesce(sum(length(content)), 0) FROM state WHERE part != 3": {&kept, &info.StateBytes},
		"SELECT count(*) FROM target": {&info.Targets},
		"SELECT count(*), min(hour), max(hour), cast(avg(length(packed)) AS INTEGER), coalesce(sum(thin), 0) FROM hour": {&info.Hours, &first, &last, &average, &info.ThinnedRows},
		"SELECT count(*) FROM incident": {&info.Incidents},
		"SELECT count(DISTINCT origin) FROM (SELECT origin FROM target UNION SELECT origin FROM incident) WHERE origin != '' AND origin NOT LIKE '%" + relivedSuffix + "'": {&info.Imported},
		"PRAGMA freelist_count": {&free},
	} {
		if err := s.db.QueryRowContext(ctx, query).Scan(into...); err != nil {
			return info, s.named(err)
		}
	}
	info.FreeBytes, info.HourBytes = free*pageSize, average.Int64
	if kept.Valid {
		info.KeptAt = time.Unix(0, kept.Int64).UTC()
	}
	if first.Valid {
		info.First, info.Last = time.Unix(first.Int64*3600, 0).UTC(), time.Unix(last.Int64*3600, 0).UTC()
	}
	return info, nil
}

// holderOf returns the process that has a store open for writing, nil where none does, or nobody can tell.
func holderOf(path string) *Holder {
	file, err := os.OpenFile(path+".lock", os.O_RDWR, 0) //nolint:gosec // the user names the store
	if err != nil {
		return nil
	}
	defer file.Close() //nolint:errcheck // that gives the lock back
	if lockFile(file) == nil {
		return nil
	}
	holder := readHolder(file)
	return &holder
}

// Vacuum writes the whole file anew, so that it is as small as it can be. It takes as much room beside it meanwhile.
func (s *Store) Vacuum(ctx context.Context) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if _, err := s.db.ExecContext(ctx, "VACUUM"); err != nil {
		return s.named(err)
	}
	s.checkpoint(ctx)
	return nil
}
