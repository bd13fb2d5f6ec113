package tracker

import (
	"cmp"
	"slices"
	"time"
)

// Mark is something that was done at a moment: a deploy, a change of configuration, a release seen in the results.
type Mark struct {
	At      time.Time
	Text    string // "deploy billing 4.2.1"
	Target  string // "" where it concerns all
	Version string // "" where it is none of a release
	Source  string // who said so: "errtop mark", a source's name, "results"
}

const marksKept = 200

// AddMark notes that something was done. A mark without a time is of now. The same mark told twice is kept once, and only the
// newest 200 are kept.
func (t *ErrorTracker) AddMark(now time.Time, mark Mark) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begin(now)
	if mark.At.IsZero() {
		mark.At = t.clock.time(t.clock.shown())
	}
	if t.addMark(mark) {
		t.changed(nil)
	}
}

// addMark keeps a mark in its place by time and reports whether it is a new one.
func (t *ErrorTracker) addMark(mark Mark) bool {
	place := len(t.marks)
	for place > 0 && t.marks[place-1].At.After(mark.At) {
		place--
	}
	for i := place; i > 0 && t.marks[i-1].At.Equal(mark.At); i-- {
		if was := &t.marks[i-1]; was.Text == mark.Text && was.Target == mark.Target && was.Version == mark.Version {
			return false
		}
	}
	if place == 0 && len(t.marks) == marksKept {
		return false
	}
	t.marks = slices.Insert(slices.Clone(t.marks), place, mark) // snapshots share the list
	t.marks = t.marks[max(len(t.marks)-marksKept, 0):]
	return true
}

// showMarks returns the marks that were told and those seen in the results, by time: the first result of a version, where
// results of another came before.
func (t *ErrorTracker) showMarks() []Mark {
	marks := t.marks
	for _, tg := range t.view.targets {
		for i := range tg.traits.fields {
			f := &tg.traits.fields[i]
			if !isRelease(f.name) {
				continue
			}
			oldest := slices.MinFunc(f.values, func(a, b *trait) int { return cmp.Compare(a.first, b.first) })
			for _, v := range f.values {
				if v.first.sub(oldest.first) < releaseSettles {
					continue
				}
				mark := Mark{At: t.clock.time(v.first), Text: f.name + " " + v.value, Target: tg.name, Version: v.value, Source: "results"}
				if !slices.ContainsFunc(t.marks, func(m Mark) bool { return m.tells(&mark) }) {
					marks = append(slices.Clip(marks), mark)
				}
			}
		}
	}
	if len(marks) > len(t.marks) {
		slices.SortStableFunc(marks, func(a, b Mark) int {
			return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Target, b.Target), cmp.Compare(a.Text, b.Text))
		})
	}
	return marks[max(len(marks)-marksKept, 0):]
}

// releaseSettles is how long after the first results a version has to be seen first to be new: before that it was only rare.
const releaseSettles = 5 * time.Minute

// tells reports whether a mark already says what one seen in the results would.
func (m *Mark) tells(seen *Mark) bool {
	const near = 30 * time.Minute
	return m.Version == seen.Version && (m.Target == "" || m.Target == seen.Target) && m.At.Sub(seen.At).Abs() < near
}
