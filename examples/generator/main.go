// generator - points, as rows: a generator in Go, for one receiver.
//
//	generator -n 100000 | nest-shred | parquet-encode -o points | parquet-merge points
//	generator -n 100000 -to ipc:///tmp/rows
//
// See nest-frame(5). It needs libzmq, for sockets.
package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	zmq "github.com/pebbe/zmq4"
	"github.com/vmihailenco/msgpack/v5"
)

const (
	schema  = "message point { required int64 x; optional binary label (STRING); }"
	batch   = 1000  // rows of a frame
	perPart = 50000 // rows of a part, which is one file
	arrival = 30 * time.Second
	tick    = 100 * time.Millisecond
)

func smaller(a, b int) int {
	if a < b {
		return a
	}
	return b
}

// The first error that is one.
func first(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

// ---- where frames go ----

type sink interface {
	send(frame []byte) error
	finish() error // the receiver has taken everything
}

type pipe struct{ io.WriteCloser }

func (p pipe) send(frame []byte) error {
	_, err := p.Write(frame)
	return err
}

func (p pipe) finish() error { return p.Close() }

// A PUSH socket with one receiver.
type push struct {
	socket, monitor *zmq.Socket
}

func connect(endpoint string) (*push, error) {
	socket, err := zmq.NewSocket(zmq.PUSH)
	if err != nil {
		return nil, err
	}
	if err := socket.Monitor("inproc://monitor", zmq.EVENT_DISCONNECTED); err != nil {
		return nil, err
	}
	monitor, err := zmq.NewSocket(zmq.PAIR)
	if err != nil {
		return nil, err
	}
	// With SetImmediate nothing waits for a connection that is not there.
	err = first(monitor.Connect("inproc://monitor"), socket.SetImmediate(true), socket.SetSndhwm(4),
		socket.SetLinger(0), socket.Connect(endpoint))
	if err != nil {
		return nil, err
	}
	if !ready(socket, zmq.POLLOUT, arrival) {
		return nil, fmt.Errorf("nobody answers at %s", endpoint)
	}
	return &push{socket, monitor}, nil
}

func ready(socket *zmq.Socket, events zmq.State, patience time.Duration) bool {
	poller := zmq.NewPoller()
	poller.Add(socket, events)
	found, _ := poller.Poll(patience)
	return len(found) > 0
}

func (p *push) send(frame []byte) error {
	for {
		if ready(p.monitor, zmq.POLLIN, 0) {
			return errors.New("the receiver is gone")
		}
		if ready(p.socket, zmq.POLLOUT, tick) {
			_, err := p.socket.SendBytes(frame, 0)
			return err
		}
	}
}

// The receiver closes when it has everything; what waits until then is not to be dropped.
func (p *push) finish() error {
	for !ready(p.monitor, zmq.POLLIN, tick) {
	}
	return nil
}

// ---- frames ----

type header map[string]any

func frame(keys header, body []byte) ([]byte, error) {
	var packed bytes.Buffer
	encoder := msgpack.NewEncoder(&packed)
	encoder.UseCompactInts(true)
	// "nest" is the first key; a Go map has no order.
	err := first(encoder.EncodeMapLen(len(keys)+2), encoder.EncodeMulti("nest", 1, "from", "generator"))
	for key, value := range keys {
		err = first(err, encoder.EncodeMulti(key, value))
	}
	if err != nil {
		return nil, err
	}
	var made []byte
	for _, piece := range [][]byte{packed.Bytes(), body} {
		made = append(made, 0xc6)
		made = binary.BigEndian.AppendUint32(made, uint32(len(piece)))
		made = append(made, piece...)
	}
	return made, nil
}

func send(to sink, keys header, body []byte) error {
	made, err := frame(keys, body)
	if err != nil {
		return err
	}
	return to.send(made)
}

// ---- rows ----

// A record: an array of the fields, in the order of the schema.
func record(row int) []any {
	if row%3 == 0 {
		return []any{row * row % 1000003, nil}
	}
	return []any{row * row % 1000003, fmt.Sprintf("point %d", row)}
}

func records(begin, count int) ([]byte, error) {
	var body bytes.Buffer
	encoder := msgpack.NewEncoder(&body)
	encoder.UseCompactInts(true)
	for row := begin; row < begin+count; row++ {
		if err := encoder.Encode(record(row)); err != nil {
			return nil, err
		}
	}
	return body.Bytes(), nil
}

func generate(rows int, to sink) error {
	// A dataset without rows is one part with one frame of 0 rows.
	parts := (rows + perPart - 1) / perPart
	if rows == 0 {
		parts = 1
	}
	dataset := header{"first": 0, "rows": rows, "parts": parts}
	if err := send(to, header{"kind": "progress", "rows": 0, "dataset": dataset}, nil); err != nil {
		return err
	}
	frames := 0
	for part := 0; part < parts; part++ {
		end := smaller(rows, (part+1)*perPart)
		for row, last := part*perPart, false; !last; row += batch {
			count := smaller(batch, end-row)
			last = row+count == end
			body, err := records(row, count)
			if err != nil {
				return err
			}
			keys := header{"kind": "rows", "schema": schema, "part": part, "first": row, "rows": count,
				"last": last, "total": rows}
			if err := send(to, keys, body); err != nil {
				return err
			}
			frames++
		}
	}
	if err := send(to, header{"kind": "end", "frames": frames, "rows": rows, "dataset": dataset}, nil); err != nil {
		return err
	}
	return to.finish()
}

func run(rows int, endpoint string) error {
	if endpoint == "-" {
		return generate(rows, pipe{os.Stdout})
	}
	to, err := connect(endpoint)
	if err != nil {
		return err
	}
	return generate(rows, to)
}

func main() {
	rows := flag.Int("n", 1000000, "how many rows")
	endpoint := flag.String("to", "-", "endpoint to connect to, - is standard output")
	flag.Parse()
	// So that a pipe without a reader is an error, and not the end.
	signal.Ignore(syscall.SIGPIPE)
	if *rows < 0 || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*rows, *endpoint); err != nil {
		fmt.Fprintf(os.Stderr, "generator: fatal: %v\n", err)
		os.Exit(3)
	}
}
