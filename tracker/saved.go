package tracker

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"time"
)

// OriginID says which process a [State] came from: a machine and the name of the instance.
type OriginID string

// State is everything that a tracker held at one moment, or a part of it, made to be kept or sent: see [ErrorTracker.State].
// It is immutable, and holds its binary form: that of 1000 targets over a day takes about 10 MB. The zero value is empty.
//
// A State replaces an older one of the same origin as a whole, so that one that arrives twice counts once. Settings, the
// channels of watchers, and trials that are on their way are not part of it.
type State struct{ encoded []byte }

// Part is what a [State] is to hold. The zero value is everything.
type Part struct {
	// From and To bound what is counted: windows, series, latencies and groups hold From <= time < To. Both are rounded down to
	// the hour; zero is unbounded. Everything else (states, breakers, sources, positions) is of now in every part. Parts whose
	// times do not overlap add up to the whole: [ErrorTracker.Restore] takes several.
	From, To time.Time
	// Targets leaves only targets of these names, their groups, and the errors of the ring that are theirs; nil: all of them.
	Targets []string

	of keptPart
	// Brief is for a state that is sent to be summed up: it leaves out what a sum works out anew (baselines and episodes), of the
	// ring all but the newest 20 errors, of a group all exemplars but the first and the newest, and cuts their texts at 512 bytes.
	Brief bool
	// ByMinute leaves out which 10 s latencies fell into: a reader spreads those of the last minutes evenly over them. Half of what changes
	// in a state from minute to minute is that.
	ByMinute bool
}

// Position is how far a source was read: a file, by its first bytes, up to an offset.
type Position struct {
	Head   []byte     // at most 64 bytes, by which the file is found again under another name; never changed
	Offset int64      // of the first byte that was not read
	Older  []Position // of files that had the name before and may not be read to their ends
}

// The format of a State. A reader refuses a higher major version, and skips what a higher minor version added.
const (
	stateMagic = "errtop state\n"
	stateMajor = 1
	stateMinor = 0
)

// ErrNewerState is within the error for a state that a later version of errtop wrote, in a form that this one cannot read.
var ErrNewerState = errors.New("the state was written by a newer version of errtop")

// stateHeader is what every state begins with.
type stateHeader struct {
	Major, Minor byte
	At           int64 // of the tracker's caller, in nanoseconds since 1970
}

const headerSize = len(stateMagic) + 2 + 8

// checksums of states are Castagnoli's, for which processors have an instruction.
func stateSum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

// At returns the caller's now when the state was taken; zero for an empty one.
func (s State) At() time.Time {
	if len(s.encoded) < headerSize {
		return time.Time{}
	}
	return time.Unix(0, s.header().At).UTC()
}

func (s State) header() (h stateHeader) {
	b := s.encoded[len(stateMagic):]
	return stateHeader{Major: b[0], Minor: b[1], At: int64(binary.LittleEndian.Uint64(b[2:]))} //nolint:gosec // as written
}

// MarshalBinary returns the binary form, which must not be changed. It never fails.
func (s State) MarshalBinary() ([]byte, error) { return s.encoded, nil }

// UnmarshalBinary takes a binary form, which must not be changed afterwards. The error says whether it is damaged, or written
// by a newer version ([ErrNewerState]).
func (s *State) UnmarshalBinary(b []byte) error {
	if len(b) == 0 {
		s.encoded = nil
		return nil
	}
	if len(b) < headerSize+4 || !bytes.HasPrefix(b, []byte(stateMagic)) {
		return fmt.Errorf("%w: not a state of errtop, or cut short", errDamaged)
	}
	if major := (State{b}).header().Major; major > stateMajor {
		return fmt.Errorf("%w: version %d, this one reads up to %d", ErrNewerState, major, stateMajor)
	}
	body := b[:len(b)-4]
	if stateSum(body) != binary.LittleEndian.Uint32(b[len(body):]) {
		return fmt.Errorf("%w: the checksum is wrong", errDamaged)
	}
	s.encoded = b
	return nil
}

// Positions returns how far sources had been read when the state was taken, by source: all results up to there are in it, and
// none from behind.
func (s State) Positions() (map[string]Position, error) {
	t, err := s.decode(Settings{}, nil, true)
	if err != nil {
		return nil, err
	}
	return t.positions, nil
}

// State returns what the tracker holds as of now, or a part of it. The tracker is locked meanwhile: for 1000 targets over a day
// about 100 ms, for a part as much less.
func (t *ErrorTracker) State(now time.Time, part Part) State {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begin(now)
	return t.state(now, part)
}

// state is State for a tracker that is locked and knows of now.
func (t *ErrorTracker) state(now time.Time, part Part) State {
	t.gathered.fold(&t.all)
	e := encoder{known: map[string]uint64{}, brief: part.Brief, byMinute: part.ByMinute}
	e.failures.known, e.failures.knownLabels = map[*Failure]uint64{}, map[*Labels]uint64{}
	e.text("") // so that number 0 is the empty string, and what an older version did not write reads as it
	e.b = make([]byte, 0, t.stateSize+64<<10)
	e.tracker(t, part)
	content := e.b
	t.stateSize = len(content)

	e.b = nil
	e.section(sectionFailures, e.failureTable)
	failures := e.b
	e.b = nil
	e.section(sectionLabels, e.labelTable)
	labels := e.b

	e.b = make([]byte, 0, len(content)+len(failures)+len(labels)+64<<10)
	e.b = append(append(e.b, stateMagic...), stateMajor, stateMinor)
	e.b = binary.LittleEndian.AppendUint64(e.b, uint64(instantOf(now))) //nolint:gosec // never negative
	e.section(sectionStrings, func() {
		for _, s := range e.strings {
			e.uint(uint64(len(s)))
			e.b = append(e.b, s...)
		}
	})
	e.b = append(append(append(e.b, labels...), failures...), content...)
	return State{binary.LittleEndian.AppendUint32(e.b, stateSum(e.b))}
}

// Restore makes a new tracker, which has no results yet, what the states say. Targets that were added before stay. Of one state nothing is lost;
// several are added up, as [View] does: use it for the parts of one tracker. The error says what is wrong with a state, and the
// tracker then is as it was. Breakers follow the settings of this tracker: no wait is longer than an hour or the recovery time.
// Watchers are woken. The time since the state was taken is a [Gap].
func (t *ErrorTracker) Restore(now time.Time, states ...State) error {
	states = slices.DeleteFunc(slices.Clone(states), func(s State) bool { return len(s.encoded) == 0 })
	t.mu.Lock()
	defer t.mu.Unlock()
	announced, ok := t.announced()
	if !ok {
		return errors.New("restore: the tracker is not a new one")
	}
	if len(states) == 0 {
		return nil
	}
	from, err := sum(now, t.settings, states)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	t.take(from)
	stopped := t.clock.at
	t.begin(now)
	for _, info := range announced {
		t.addTarget(info)
	}
	if lost := (gap{stopped, t.clock.at, "errtop was not running"}); t.clock.live && stopped > 0 && lost.length() >= leastJump {
		t.skip(lost)
	}
	t.changed(nil)
	return nil
}

// announced returns the targets that were added to a new tracker; ok is false where it has more than that.
func (t *ErrorTracker) announced() (infos []TargetInfo, ok bool) {
	for _, tg := range t.sorted() {
		if tg.firstSeen != 0 || tg.gate != nil && tg.gate.opened > 0 {
			return nil, false
		}
		infos = append(infos, tg.info)
	}
	return infos, len(infos) > 0 || t.clock.at == 0
}

// take makes the tracker what another, which is not used any more, holds.
func (t *ErrorTracker) take(from *ErrorTracker) {
	from.clock.live = from.clock.live || t.clock.live
	known := t.sources.list()
	t.clock, t.version, t.seq = from.clock, max(t.version, from.version), from.seq
	t.targets, t.waiting, t.all, t.errors, t.groups = from.targets, from.waiting, from.all, from.errors, from.groups
	t.sources, t.marks, t.notes, t.positions = from.sources, from.marks, from.notes, from.positions
	t.evidence = from.evidence
	t.targetsDropped, t.groupsDropped = from.targetsDropped, from.groupsDropped
	for _, source := range known {
		t.sources.update(source)
	}
	t.gaps = from.gaps
	for _, tg := range t.targets {
		tg.gaps = &t.gaps
	}
	t.lately, t.known, t.view = [256]*target{}, newKnown(), view{stale: true}
}

// View returns a tracker that holds the sum of several states: counts, latencies and groups are added up, of breakers and last
// outcomes those are taken that were heard of later, and each target's state is judged anew from the sum. Take a Snapshot of it,
// and make another when a newer state comes. Versions of its snapshots grow with the moments of the states, so that they can be
// compared with those of the view before. The error names the origin whose state is damaged.
func View(now time.Time, settings Settings, states map[OriginID]State) (*ErrorTracker, error) {
	t := New(settings)
	for _, id := range sortedOrigins(states) {
		if len(states[id].encoded) == 0 {
			continue
		}
		from, err := states[id].decode(t.settings, now.Location(), false)
		if err != nil {
			return nil, fmt.Errorf("state of %s: %w", id, err)
		}
		t.add(from)
		t.version += uint64(states[id].header().At) / uint64(time.Millisecond) //nolint:gosec // never negative
	}
	t.begin(now)
	return t, nil
}

func sortedOrigins(states map[OriginID]State) []OriginID {
	ids := make([]OriginID, 0, len(states))
	for id := range states {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// sum returns a tracker that holds what the states say. Of parts of one tracker the newest says what is not counted.
func sum(now time.Time, settings Settings, states []State) (*ErrorTracker, error) {
	slices.SortStableFunc(states, func(a, b State) int { return b.At().Compare(a.At()) })
	total, err := states[0].decode(settings, now.Location(), false)
	if err != nil {
		return nil, err
	}
	if len(total.targets) > settings.MaxTargets+1 { // it was saved with a higher bound
		from := total
		total = New(settings)
		total.add(from)
	}
	for _, s := range states[1:] {
		from, err := s.decode(settings, now.Location(), false)
		if err != nil {
			return nil, err
		}
		if from.of == keptEarlier {
			total.addPart(from)
		} else {
			total.addCounts(from, 0)
		}
	}
	return total, nil
}

// spanOf returns the whole hours of a part.
func (p *Part) span() stepSpan {
	span := always
	if !p.From.IsZero() {
		span.from = instantOf(p.From).step() / stepsPerHour * stepsPerHour
	}
	if !p.To.IsZero() {
		span.to = instantOf(p.To).step() / stepsPerHour * stepsPerHour
	}
	return span
}

// Same reports whether one state is a copy of the other. It does not look at what they say.
func (s State) Same(other State) bool {
	return len(s.encoded) == len(other.encoded) && (len(s.encoded) == 0 || &s.encoded[0] == &other.encoded[0])
}
