package campfire

import "time"

// Time is an instant in microseconds since the Unix epoch, as it is stored.
// Zero means never. Eight bytes instead of the twenty-four of time.Time, and
// the same order in every database.
type Time int64

// TimeOf returns t rounded down to the microsecond.
func TimeOf(t time.Time) Time { return Time(t.UnixMicro()) }

// Time returns t in UTC.
func (t Time) Time() time.Time { return time.UnixMicro(int64(t)).UTC() }

// Add returns t moved by d.
func (t Time) Add(d time.Duration) Time { return t + Time(d/time.Microsecond) }

// timeLayout is RFC 3339 in UTC with exactly three decimals, so that times
// sort as text.
const timeLayout = "2006-01-02T15:04:05.000Z"

// String returns t as it stands on the wire: RFC 3339, UTC, milliseconds.
func (t Time) String() string { return t.Time().Format(timeLayout) }

// AppendText appends the form of String.
func (t Time) AppendText(b []byte) ([]byte, error) {
	return t.Time().AppendFormat(b, timeLayout), nil
}

// MarshalText returns the form of String.
func (t Time) MarshalText() ([]byte, error) { return t.AppendText(nil) }

// UnmarshalText reads RFC 3339.
func (t *Time) UnmarshalText(b []byte) error {
	v, err := time.Parse(time.RFC3339Nano, string(b))
	if err != nil {
		return err
	}
	*t = TimeOf(v)
	return nil
}
