package tracker

// bars are the requests and errors of each minute of the last hour, of each hour of the last day, and of the hour before.
type bars struct {
	minutes [60]Bar
	hours   [hourSlots]Bar
}

func (b *bars) add(edge, step int64, requests, errors uint32) {
	m := step / stepsPerMinute
	if edge/stepsPerMinute-m < 60 {
		b.minutes[m%60].Requests += requests
		b.minutes[m%60].Errors += errors
	}
	if h := m / 60; edge/stepsPerHour-h < hourSlots {
		b.hours[h%hourSlots].Requests += requests
		b.hours[h%hourSlots].Errors += errors
	}
}

// advance moves the bars from one edge to a later one and reports whether the picture changed.
func (b *bars) advance(from, to int64) (changed bool) {
	if from/stepsPerMinute == to/stepsPerMinute {
		return false
	}
	changed = b.minutes != [60]Bar{}
	for m := from/stepsPerMinute + 1; m <= min(to/stepsPerMinute, from/stepsPerMinute+60); m++ {
		b.minutes[m%60] = Bar{}
	}
	if from/stepsPerHour == to/stepsPerHour {
		return changed
	}
	changed = changed || b.hours != [hourSlots]Bar{}
	for h := from/stepsPerHour + 1; h <= min(to/stepsPerHour, from/stepsPerHour+hourSlots); h++ {
		b.hours[h%hourSlots] = Bar{}
	}
	return changed
}

func (b *bars) rewind(from, to int64) {
	for m := max(to/stepsPerMinute+1, from/stepsPerMinute-59); m <= from/stepsPerMinute; m++ {
		b.minutes[m%60] = Bar{}
	}
	for h := max(to/stepsPerHour+1, from/stepsPerHour-hourSlots+1); h <= from/stepsPerHour; h++ {
		b.hours[h%hourSlots] = Bar{}
	}
}

// show lays the bars out, oldest first.
func (b *bars) show(edge int64, into *Activity) {
	m, h := edge/stepsPerMinute, edge/stepsPerHour
	newest := int(m%60) + 1
	copy(into.Minutes[copy(into.Minutes[:], b.minutes[newest:]):], b.minutes[:newest])
	for i := range into.Hours {
		into.Hours[i] = b.hours[(h+int64(i)+hourSlots-23)%hourSlots]
	}
	into.Yesterday = b.hours[(h+1)%hourSlots]
}

// absorb adds the bars of another, as far as they lie in the hour and the day that end with edge, which is not before the
// other's.
func (b *bars) absorb(other *bars, edge, otherEdge int64) {
	m, om := edge/stepsPerMinute, otherEdge/stepsPerMinute
	for x := max(om-59, m-59, 0); x <= om; x++ {
		b.minutes[x%60].Requests += other.minutes[x%60].Requests
		b.minutes[x%60].Errors += other.minutes[x%60].Errors
	}
	for h := max(om/60-hourSlots+1, m/60-hourSlots+1, 0); h <= om/60; h++ {
		b.hours[h%hourSlots].Requests += other.hours[h%hourSlots].Requests
		b.hours[h%hourSlots].Errors += other.hours[h%hourSlots].Errors
	}
}
