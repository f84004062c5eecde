package outbox

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// Message is what is to be delivered. All of it but Queue is kept sealed; Key, Order and
// Subject are kept as keyed hashes beside it. It prints its queue and size only.
type Message struct {
	Queue string // one of Config.Queues

	// Key makes Enqueue idempotent within the queue: a second message with the same Key
	// is not stored. Required, at most 512 bytes. Take the business key, such as a serial number
	// and the status that is reported.
	Key string
	// Order keeps messages in order: of those with the same Order in a queue one is
	// delivered after the other, as they were enqueued. Empty: in any order.
	Order string
	// Subject is the person the message is about, for Purge. May be empty.
	Subject string

	Body []byte
	TTL  time.Duration // life; 0: the queue's
}

// Format prints queue and size, whatever the verb.
func (m Message) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, m.masked()) }

// LogValue gives slog queue and size.
func (m Message) LogValue() slog.Value { return slog.StringValue(m.masked()) }

func (m Message) masked() string {
	return fmt.Sprintf("[message of %s, %d bytes]", m.Queue, len(m.Body))
}

const maxName = 512

func (m Message) check(maxBody int) error {
	switch {
	case m.Key == "":
		return errors.New("outbox: Message.Key: is required")
	case len(m.Key) > maxName || len(m.Order) > maxName || len(m.Subject) > maxName:
		return fmt.Errorf("outbox: Message: Key, Order and Subject take at most %d bytes", maxName)
	case len(m.Body) > maxBody:
		return fmt.Errorf("outbox: Message.Body: has %d bytes, Config.MaxMessage is %d", len(m.Body), maxBody)
	case m.TTL < 0:
		return errors.New("outbox: Message.TTL: must not be negative")
	}
	return nil
}

// encode gives what is sealed. Names come first, each with its length.
func (m Message) encode(at time.Time) []byte {
	b := make([]byte, 0, len(m.Key)+len(m.Order)+len(m.Subject)+len(m.Body)+20)
	for _, s := range []string{m.Key, m.Order, m.Subject} {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
	}
	b = binary.BigEndian.AppendUint64(b, uint64(at.UnixMilli()))
	return append(b, m.Body...)
}

func decodeMessage(queue string, b []byte) (m Message, at time.Time, err error) {
	bad := errors.New("outbox: sealed text is no message")
	m.Queue = queue
	for _, s := range []*string{&m.Key, &m.Order, &m.Subject} {
		if len(b) < 2 || len(b) < 2+int(binary.BigEndian.Uint16(b)) {
			return Message{}, at, bad
		}
		n := 2 + int(binary.BigEndian.Uint16(b))
		*s, b = string(b[2:n]), b[n:]
	}
	if len(b) < 8 {
		return Message{}, at, bad
	}
	m.Body = b[8:]
	return m, time.UnixMilli(int64(binary.BigEndian.Uint64(b))), nil
}
