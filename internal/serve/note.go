package serve

import (
	"context"
	"errors"
	"net/http"
	"strings"
)

// Note is what POST /v1/notes takes: what somebody wrote down, and about which incident.
type Note struct {
	Text     string `json:"text"`
	By       string `json:"by,omitempty"`
	Incident uint64 `json:"incident,omitempty"` // 0: by the target
	Target   string `json:"target,omitempty"`   // the newest incident of that target; "": the worst that goes on
}

// note takes a note and answers about which target's incident it is.
func (c *Control) note(w http.ResponseWriter, r *http.Request) {
	note, ok := read[Note](w, r)
	if !ok {
		return
	}
	note.Text, note.By = harmless(note.Text), harmless(note.By)
	if strings.TrimSpace(note.Text) == "" {
		refuse(w, errors.New("a note needs a text"))
		return
	}
	target, ok := c.Engine.NoteIncident(note)
	if !ok {
		refuse(w, errors.New("no such incident"))
		return
	}
	answer(w, http.StatusOK, map[string]string{"target": target})
}

// AddNote tells the peer what somebody wrote down about an incident, and returns the worst target of it.
func (p *Peer) AddNote(ctx context.Context, note Note) (target string, err error) {
	var done struct{ Target string }
	err = p.call(ctx, http.MethodPost, "/v1/notes", note, &done)
	return done.Target, err
}
