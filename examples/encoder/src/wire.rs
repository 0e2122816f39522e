//! Frames, and where they come from and go to: standard input and output, or a socket each.
use parquet::file::metadata::KeyValue;
use rmpv::Value;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io::{self, Read, Write};

const ARRIVAL_MS: i64 = 30_000;
const TICK_MS: i64 = 100;

// ---- failures ----

#[derive(Debug)]
pub enum Failure {
    Invalid(String),
    Usage(String),
    Lost(String),
}

impl Failure {
    pub fn status(&self) -> i32 {
        match self {
            Failure::Invalid(_) => 1,
            Failure::Usage(_) => 2,
            Failure::Lost(_) => 3,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Failure::Invalid(text) | Failure::Usage(text) | Failure::Lost(text)) = self;
        f.write_str(text)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Lost(error.to_string())
    }
}

impl From<zmq::Error> for Failure {
    fn from(error: zmq::Error) -> Self {
        Failure::Lost(error.to_string())
    }
}

impl From<parquet::errors::ParquetError> for Failure {
    fn from(error: parquet::errors::ParquetError) -> Self {
        Failure::Invalid(error.to_string())
    }
}

// ---- headers and frames ----

/// The keys of a header in their order.
#[derive(Clone)]
pub struct Header(Vec<(Value, Value)>);

pub struct Frame {
    pub header: Header,
    pub body: Vec<u8>,
}

impl Header {
    pub fn new(kind: &str) -> Self {
        let keys = [("nest", Value::from(1)), ("kind", kind.into()), ("from", "encoder".into())];
        Header(keys.map(|(key, value)| (key.into(), value)).to_vec())
    }

    fn decode(mut bytes: &[u8]) -> Result<Self, Failure> {
        match rmpv::decode::read_value(&mut bytes) {
            Ok(Value::Map(keys)) => Ok(Header(keys)),
            _ => Err(Failure::Invalid("this is no nest frame: its header is no map".into())),
        }
    }

    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|(name, _)| name.as_str() == Some(key)).map(|(_, value)| value)
    }

    fn due<T>(&self, key: &str, value: Option<T>) -> Result<T, Failure> {
        value.ok_or_else(|| Failure::Invalid(format!("the header's key {key} is missing or of another type")))
    }

    pub fn uint(&self, key: &str) -> Result<u64, Failure> {
        self.due(key, self.get(key).and_then(Value::as_u64))
    }

    pub fn text(&self, key: &str) -> Result<&str, Failure> {
        self.due(key, self.get(key).and_then(Value::as_str))
    }

    pub fn flag(&self, key: &str) -> bool {
        self.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    pub fn is_numbered_by_part(&self) -> bool {
        self.get("numbered").and_then(Value::as_str) == Some("part")
    }

    /// Of each leaf the number of entries and the bytes of its values.
    pub fn leaves(&self) -> Result<Vec<(usize, usize)>, Failure> {
        let pair = |pair: &Value| Some((pair[0].as_u64()? as usize, pair[1].as_u64()? as usize));
        let leaves = self.due("leaves", self.get("leaves").and_then(Value::as_array))?;
        leaves.iter().map(|each| self.due("leaves", pair(each))).collect()
    }

    /// Key-values for the file.
    pub fn meta(&self) -> Result<Vec<KeyValue>, Failure> {
        let Some(meta) = self.get("meta") else {
            return Ok(vec![]);
        };
        let text = |value: &Value| self.due("meta", value.as_str().map(String::from));
        let pairs = self.due("meta", meta.as_map())?.iter();
        pairs.map(|(key, value)| Ok(KeyValue::new(text(key)?, text(value)?))).collect()
    }

    /// Sets KEY, or takes it away where VALUE is None.
    pub fn set(&mut self, key: &str, value: Option<Value>) {
        self.0.retain(|(name, _)| name.as_str() != Some(key));
        self.0.extend(value.map(|value| (key.into(), value)));
    }

    pub fn copy(&mut self, key: &str, from: &Header) {
        self.set(key, from.get(key).cloned());
    }

    /// The frame with this header and without a body.
    pub fn frame(&self) -> Vec<u8> {
        let mut header = vec![];
        rmpv::encode::write_value(&mut header, &Value::Map(self.0.clone())).expect("memory takes all");
        let size = (header.len() as u32).to_be_bytes();
        [&[0xc6][..], &size[..], &header[..], &[0xc6, 0, 0, 0, 0][..]].concat()
    }
}

// ---- the account of what came ----

/// Nothing may be missing, come twice or in another order.
#[derive(Default)]
pub struct Account {
    frames: u64,
    rows: u64,
    due: HashMap<u64, u64>,
    closed: HashSet<u64>,
    ended: bool,
}

impl Account {
    pub fn enter(&mut self, header: &Header) -> Result<(), Failure> {
        let kind = header.text("kind")?;
        if self.ended || header.uint("nest")? != 1 || !["progress", "columns", "end"].contains(&kind) {
            return Err(Failure::Invalid(format!("a frame of kind {kind} is not due")));
        }
        match kind {
            "columns" => self.enter_columns(header),
            "end" => self.enter_end(header),
            _ => Ok(()),
        }
    }

    fn enter_columns(&mut self, header: &Header) -> Result<(), Failure> {
        let (part, first, rows) = (header.uint("part")?, header.uint("first")?, header.uint("rows")?);
        if self.closed.contains(&part) || *self.due.get(&part).unwrap_or(&first) != first {
            return Err(Failure::Invalid(format!("part {part} goes on at row {first}, which is not due")));
        }
        if header.get("codec").and_then(Value::as_str).unwrap_or("none") != "none" {
            return Err(Failure::Invalid("the body is compressed; run nest-shred with --wire-codec none".into()));
        }
        self.due.insert(part, first + rows);
        if header.flag("last") {
            self.due.remove(&part);
            self.closed.insert(part);
        }
        (self.frames, self.rows) = (self.frames + 1, self.rows + rows);
        Ok(())
    }

    fn enter_end(&mut self, header: &Header) -> Result<(), Failure> {
        self.ended = true;
        let fits = (header.uint("frames")?, header.uint("rows")?) == (self.frames, self.rows);
        if fits && self.due.is_empty() {
            return Ok(());
        }
        Err(Failure::Invalid("the end does not fit what came".into()))
    }
}

// ---- sockets ----

struct Socket {
    socket: zmq::Socket,
    monitor: zmq::Socket,
}

impl Socket {
    fn open(context: &zmq::Context, kind: zmq::SocketType, name: &str) -> Result<Self, Failure> {
        let (socket, monitor) = (context.socket(kind)?, context.socket(zmq::PAIR)?);
        let events = format!("inproc://{name}");
        socket.monitor(&events, zmq::SocketEvent::DISCONNECTED as i32)?;
        monitor.connect(&events)?;
        socket.set_sndhwm(4)?;
        socket.set_rcvhwm(4)?;
        socket.set_linger(0)?;
        // Nothing waits for a connection that is not there.
        socket.set_immediate(true)?;
        Ok(Socket { socket, monitor })
    }

    fn is_gone(&self) -> Result<bool, Failure> {
        Ok(self.monitor.poll(zmq::POLLIN, 0)? > 0)
    }
}

/// One sender's frames; on a socket it is the only one.
pub struct Input {
    socket: Option<Socket>,
    has_come: bool,
}

impl Input {
    pub fn open(context: &zmq::Context, endpoint: &str) -> Result<Self, Failure> {
        if endpoint == "-" {
            return Ok(Input { socket: None, has_come: false });
        }
        let socket = Socket::open(context, zmq::PULL, "input")?;
        socket.socket.bind(endpoint)?;
        Ok(Input { socket: Some(socket), has_come: false })
    }

    /// The next frame. Behind the end, HAS_ENDED, there is none: on a pipe that is seen before an end is sent.
    pub fn receive(&mut self, output: &Output, has_ended: bool) -> Result<Option<Frame>, Failure> {
        let Some(socket) = &self.socket else {
            return read_frame();
        };
        if has_ended {
            return Ok(None);
        }
        if !self.has_come && socket.socket.poll(zmq::POLLIN, ARRIVAL_MS)? == 0 {
            return Err(Failure::Lost("the sender has not come".into()));
        }
        self.has_come = true;
        while socket.socket.poll(zmq::POLLIN, TICK_MS)? == 0 {
            output.check()?;
            // First whether it is gone, then whether something of it is left.
            if socket.is_gone()? && socket.socket.poll(zmq::POLLIN, 0)? == 0 {
                return Err(Failure::Lost("the sender is gone without its end".into()));
            }
        }
        let parts = socket.socket.recv_multipart(0)?;
        let [message] = &parts[..] else {
            return Err(Failure::Invalid("a frame is one message of one part".into()));
        };
        let mut bytes = &message[..];
        let frame = read_from(&mut bytes)?;
        if !bytes.is_empty() {
            return Err(Failure::Invalid("something follows the frame in its message".into()));
        }
        Ok(frame)
    }
}

fn read_frame() -> Result<Option<Frame>, Failure> {
    read_from(&mut io::stdin().lock())
}

/// None at the end of the input.
fn read_from(input: &mut impl Read) -> Result<Option<Frame>, Failure> {
    let Some(header) = read_piece(input)? else {
        return Ok(None);
    };
    let body = read_piece(input)?.ok_or(Failure::Lost("the input ends in the middle of a frame".into()))?;
    Ok(Some(Frame { header: Header::decode(&header)?, body }))
}

fn read_piece(input: &mut impl Read) -> Result<Option<Vec<u8>>, Failure> {
    let mut prefix = vec![];
    input.by_ref().take(5).read_to_end(&mut prefix)?;
    if prefix.is_empty() {
        return Ok(None);
    }
    if prefix[0] != 0xc6 {
        return Err(Failure::Invalid(format!("this is no nest frame: it begins with byte {:02x}", prefix[0])));
    }
    let cut_short = || Failure::Lost("the input ends in the middle of a frame".into());
    let size = u32::from_be_bytes(prefix[1..].try_into().map_err(|_| cut_short())?);
    let mut piece = vec![];
    input.by_ref().take(size.into()).read_to_end(&mut piece)?;
    if piece.len() < size as usize {
        Err(cut_short())
    } else {
        Ok(Some(piece))
    }
}

/// The one receiver.
pub struct Output {
    socket: Option<Socket>,
}

impl Output {
    pub fn open(context: &zmq::Context, endpoint: &str) -> Result<Self, Failure> {
        if endpoint == "-" {
            return Ok(Output { socket: None });
        }
        let socket = Socket::open(context, zmq::PUSH, "output")?;
        socket.socket.connect(endpoint)?;
        if socket.socket.poll(zmq::POLLOUT, ARRIVAL_MS)? == 0 {
            return Err(Failure::Lost(format!("nobody answers at {endpoint}")));
        }
        Ok(Output { socket: Some(socket) })
    }

    pub fn check(&self) -> Result<(), Failure> {
        match &self.socket {
            Some(socket) if socket.is_gone()? => Err(Failure::Lost("the receiver is gone".into())),
            _ => Ok(()),
        }
    }

    pub fn send(&mut self, frame: &[u8]) -> Result<(), Failure> {
        self.check()?;
        let Some(socket) = &self.socket else {
            io::stdout().write_all(frame)?;
            return Ok(io::stdout().flush()?);
        };
        while socket.socket.poll(zmq::POLLOUT, TICK_MS)? == 0 {
            self.check()?;
        }
        Ok(socket.socket.send(frame, 0)?)
    }

    /// The receiver closes when it has everything; what waits until then is not to be dropped.
    pub fn finish(&mut self) -> Result<(), Failure> {
        if let Some(socket) = &self.socket {
            socket.monitor.poll(zmq::POLLIN, -1)?;
        }
        Ok(())
    }
}
