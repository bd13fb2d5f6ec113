package tracker

import "slices"

// sources writes the health of each source, where the stamps of each are, and the sources that left.
func (e *encoder) sources(s *sources) {
	e.sourceList(s.list())
	names := make([]string, 0, len(s.courses))
	for name := range s.courses {
		names = append(names, name)
	}
	slices.Sort(names)
	e.uint(uint64(len(names)))
	for _, name := range names {
		e.block(func() {
			e.text(name)
			e.instant(s.courses[name].at)
		})
	}
	e.sourceList(s.gone)
	e.uint(s.goneCount)
}

func (d *decoder) sources(s *sources) {
	for _, source := range d.sourceList() {
		if source.Name == "" || source.State == SourceGone {
			d.fail("source %q is %s, but not among those that left", source.Name, source.State)
			return
		}
		s.update(source)
	}
	d.list(func(d *decoder) {
		c := &course{name: d.text(), at: d.instant()}
		if s.courses == nil {
			s.courses = map[string]*course{}
		}
		if len(s.courses) < maxCourses {
			s.courses[c.name] = c
		}
	})
	s.gone = d.sourceList()
	s.gone = s.gone[max(len(s.gone)-maxGone, 0):]
	s.goneCount = d.uint()
}

func (e *encoder) sourceList(list []Source) {
	e.uint(uint64(len(list)))
	for i := range list {
		e.block(func() { e.source(&list[i]) })
	}
}

func (d *decoder) sourceList() (list []Source) {
	d.list(func(d *decoder) { list = append(list, d.source()) })
	return list
}

func (e *encoder) source(s *Source) {
	e.text(s.Name)
	e.text(s.Format)
	e.uint(uint64(s.State))
	e.bool(s.Live)
	e.text(s.Problem)
	for _, n := range [...]uint64{s.Lines, s.Results, s.Unreadable, s.Dropped} {
		e.uint(n)
	}
	e.int(s.BytesRead)
	e.int(s.BytesTotal)
	e.duration(s.Lag)
	e.time(s.LastSeen)
	e.uint(uint64(len(s.Samples)))
	for _, u := range s.Samples {
		e.block(func() {
			e.uint(u.Number)
			e.text(u.Text)
			e.text(u.Reason)
		})
	}
}

func (d *decoder) source() (s Source) {
	s.Name, s.Format, s.State, s.Live, s.Problem = d.text(), d.text(), SourceState(d.byte(256, "state of a source")), d.bool(), d.text()
	for _, n := range [...]*uint64{&s.Lines, &s.Results, &s.Unreadable, &s.Dropped} {
		*n = d.uint()
	}
	s.BytesRead, s.BytesTotal, s.Lag, s.LastSeen = d.int(), d.int(), d.duration(), d.zoned()
	d.list(func(d *decoder) {
		s.Samples = append(s.Samples, Unreadable{Number: d.uint(), Text: d.text(), Reason: d.text()})
	})
	return s
}
