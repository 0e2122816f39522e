//! encoder - an encoder on the parquet crate, for one sender and one receiver.
//!
//!     nest-gen contacts | nest-shred | encoder -o out | parquet-merge out
//!     encoder --from ipc:///tmp/columns --to tcp://127.0.0.1:5502 -o out
//!
//! See nest-frame(5). It needs libzmq.
mod wire;

use parquet::column::writer::ColumnWriter;
use parquet::data_type::{ByteArray, FixedLenByteArray, Int96};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::{ColumnDescPtr, SchemaDescriptor};
use rmpv::Value;
use std::collections::{hash_map::DefaultHasher, HashMap};
use std::fs::{self, DirBuilder, File};
use std::hash::{Hash, Hasher};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wire::{Failure, Frame, Header, Input, Output};

const ROW_GROUP_ROWS: u64 = 1_000_000;

/// What a frame brings of one column: levels, and values in the encoding PLAIN.
struct Column {
    about: ColumnDescPtr,
    rep: Vec<i16>,
    def: Vec<i16>,
    values: Vec<u8>,
}

impl Column {
    fn new(about: ColumnDescPtr) -> Self {
        Column { about, rep: vec![], def: vec![], values: vec![] }
    }

    /// Takes its bytes off the front of BODY.
    fn take(&mut self, entries: usize, size: usize, body: &mut &[u8]) -> Result<(), Failure> {
        for (max, levels) in [(self.about.max_rep_level(), &mut self.rep), (self.about.max_def_level(), &mut self.def)]
        {
            if max > 0 {
                let bytes = cut(body, entries)?;
                if bytes.iter().any(|&level| i16::from(level) > max) {
                    return Err(Failure::Invalid(format!("a level of {} is above {max}", self.about.path())));
                }
                levels.extend(bytes.iter().map(|&level| i16::from(level)));
            }
        }
        self.values.extend_from_slice(cut(body, size)?);
        Ok(())
    }

    /// Writes what there is as a column chunk, and begins again.
    fn write(&mut self, writer: &mut ColumnWriter<'_>) -> Result<(), Failure> {
        let (rep, def) = (Some(&self.rep[..]), Some(&self.def[..]));
        let def = def.filter(|_| self.about.max_def_level() > 0);
        let rep = rep.filter(|_| self.about.max_rep_level() > 0);
        let bytes = &self.values[..];
        macro_rules! fixed {
            ($writer:expr, $size:expr, $from:expr) => {{
                if bytes.len() % $size != 0 {
                    return Err(Failure::Invalid(format!("half a value in {}", self.about.path())));
                }
                let values: Vec<_> = bytes.chunks_exact($size).map($from).collect();
                $writer.write_batch(&values, def, rep)?
            }};
        }
        match writer {
            ColumnWriter::BoolColumnWriter(w) => fixed!(w, 1, |b| b[0] != 0),
            ColumnWriter::Int32ColumnWriter(w) => {
                fixed!(w, 4, |b| i32::from_le_bytes(b.try_into().unwrap()))
            }
            ColumnWriter::Int64ColumnWriter(w) => {
                fixed!(w, 8, |b| i64::from_le_bytes(b.try_into().unwrap()))
            }
            ColumnWriter::FloatColumnWriter(w) => {
                fixed!(w, 4, |b| f32::from_le_bytes(b.try_into().unwrap()))
            }
            ColumnWriter::DoubleColumnWriter(w) => {
                fixed!(w, 8, |b| f64::from_le_bytes(b.try_into().unwrap()))
            }
            ColumnWriter::Int96ColumnWriter(w) => fixed!(w, 12, |b| {
                let word = |at: usize| u32::from_le_bytes(b[at..at + 4].try_into().unwrap());
                let mut value = Int96::new();
                value.set_data(word(0), word(4), word(8));
                value
            }),
            ColumnWriter::FixedLenByteArrayColumnWriter(w) => {
                let size = self.about.type_length().max(1) as usize;
                fixed!(w, size, |b| FixedLenByteArray::from(b.to_vec()))
            }
            ColumnWriter::ByteArrayColumnWriter(w) => w.write_batch(&texts(bytes)?, def, rep)?,
        };
        self.rep.clear();
        self.def.clear();
        self.values.clear();
        Ok(())
    }
}

fn cut<'a>(body: &mut &'a [u8], size: usize) -> Result<&'a [u8], Failure> {
    if size > body.len() {
        return Err(Failure::Invalid("the body ends within its leaves".into()));
    }
    let (taken, rest) = body.split_at(size);
    *body = rest;
    Ok(taken)
}

fn texts(mut bytes: &[u8]) -> Result<Vec<ByteArray>, Failure> {
    let mut values = vec![];
    while !bytes.is_empty() {
        let size = u32::from_le_bytes(cut(&mut bytes, 4)?.try_into().unwrap());
        values.push(ByteArray::from(cut(&mut bytes, size as usize)?.to_vec()));
    }
    Ok(values)
}

/// One part, which becomes one file; until it is complete, dropping it removes the file.
struct Part {
    path: PathBuf,
    writer: Option<SerializedFileWriter<File>>,
    columns: Vec<Column>,
    header: Header, // its first
    waiting: u64,   // rows that are not in a row group yet
    rows: u64,
}

impl Drop for Part {
    fn drop(&mut self) {
        if self.writer.is_some() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Part {
    fn begin(staging: &Path, header: Header) -> Result<Self, Failure> {
        let schema = Arc::new(parse_message_type(header.text("schema")?)?);
        let about = SchemaDescriptor::new(schema.clone());
        let mut keys = header.meta()?;
        keys.push(KeyValue::new("nest.part".into(), header.uint("part")?.to_string()));
        // Where rows are numbered by part nobody knows the first row in the dataset.
        if !header.is_numbered_by_part() {
            keys.push(KeyValue::new("nest.first_row".into(), header.uint("first")?.to_string()));
        }
        // It is open to its owner alone; whoever comes first makes it.
        DirBuilder::new().recursive(true).mode(0o700).create(staging)?;
        // A name that parquet-merge --sweep knows, should this process be killed.
        let path = staging.join(format!("part-{:05}", header.uint("part")?));
        let properties = WriterProperties::builder().set_key_value_metadata(Some(keys)).build();
        let writer = SerializedFileWriter::new(File::create(&path)?, schema, Arc::new(properties))?;
        let columns = about.columns().iter().cloned().map(Column::new).collect();
        Ok(Part { path, writer: Some(writer), columns, header, waiting: 0, rows: 0 })
    }

    fn add(&mut self, header: &Header, mut body: &[u8]) -> Result<(), Failure> {
        let (schema, leaves) = (header.text("schema")?, header.leaves()?);
        if schema != self.header.text("schema")? || leaves.len() != self.columns.len() {
            return Err(Failure::Invalid("the leaves are not those of the part's schema".into()));
        }
        for (column, (entries, size)) in self.columns.iter_mut().zip(leaves) {
            column.take(entries, size, &mut body)?;
        }
        if !body.is_empty() {
            return Err(Failure::Invalid(format!("the body goes on {} bytes behind its leaves", body.len())));
        }
        self.rows += header.uint("rows")?;
        self.waiting += header.uint("rows")?;
        if self.waiting >= ROW_GROUP_ROWS {
            self.write_group()
        } else {
            Ok(())
        }
    }

    fn write_group(&mut self) -> Result<(), Failure> {
        let writer = self.writer.as_mut().expect("a part that is not complete");
        let mut group = writer.next_row_group()?;
        for column in &mut self.columns {
            let mut writer = group.next_column()?.expect("a writer for each column");
            column.write(writer.untyped())?;
            writer.close()?;
        }
        let metadata = group.close()?;
        if metadata.num_rows() as u64 != std::mem::take(&mut self.waiting) {
            return Err(Failure::Invalid("levels and values do not make the rows of the header".into()));
        }
        Ok(())
    }

    /// Completes the file, and makes the frame that declares it.
    fn finish(mut self) -> Result<Vec<u8>, Failure> {
        if self.waiting > 0 {
            self.write_group()?;
        }
        let mut writer = self.writer.take().expect("a part that is not complete");
        writer.append_key_value_metadata(KeyValue::new("nest.part_rows".into(), self.rows.to_string()));
        let file = writer.into_inner()?;
        file.sync_all()?;
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let mut keys = Header::new("part");
        for key in ["schema", "part", "first", "numbered"] {
            keys.copy(key, &self.header);
        }
        keys.set("run", self.header.get("run").map(another_run));
        keys.set("rows", Some(self.rows.into()));
        keys.set("file", Some(name.as_ref().into()));
        keys.set("bytes", Some(file.metadata()?.len().into()));
        Ok(keys.frame())
    }
}

/// Files of this encoder are another run than those of another one; the last bit is carried on.
fn another_run(run: &Value) -> Value {
    let run = run.as_slice().unwrap_or_default();
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (run, "encoder 1", ROW_GROUP_ROWS, salt).hash(&mut hasher);
        hasher.finish().to_be_bytes()
    };
    let mut made = [half(0), half(1)].concat();
    made[15] = made[15] & 0xfe | run.last().unwrap_or(&0) & 1;
    Value::Binary(made)
}

fn encode(input: &mut Input, output: &mut Output, staging: &Path) -> Result<(), Failure> {
    let (mut account, mut parts) = (wire::Account::default(), HashMap::new());
    let (mut declared, mut rows, mut end) = (0u64, 0u64, None);
    while let Some(Frame { mut header, body }) = input.receive(output, end.is_some())? {
        account.enter(&header)?;
        match header.text("kind")? {
            "columns" => {
                let (number, is_last) = (header.uint("part")?, header.flag("last"));
                let mut part = match parts.remove(&number) {
                    Some(part) => part,
                    None => Part::begin(staging, header.clone())?,
                };
                part.add(&header, &body)?;
                if !is_last {
                    parts.insert(number, part);
                    continue;
                }
                (declared, rows) = (declared + 1, rows + part.rows);
                output.send(&part.finish()?)?;
            }
            "progress" => {
                header.set("from", Some("encoder".into()));
                output.send(&header.frame())?;
            }
            _ => end = Some(header),
        }
    }
    let end = end.ok_or(Failure::Lost("the sender is gone without its end".into()))?;
    let mut made = Header::new("end");
    made.set("frames", Some(declared.into()));
    made.set("rows", Some(rows.into()));
    made.copy("dataset", &end);
    output.send(&made.frame())?;
    output.finish()
}

/// DIR as the staging directory beside it: .NAME.staging.
fn staging_of(dir: &str) -> Result<PathBuf, Failure> {
    let name = Path::new(dir).file_name().ok_or(Failure::Usage(format!("{dir} names no directory")))?;
    Ok(Path::new(dir).with_file_name(format!(".{}.staging", name.to_string_lossy())))
}

fn run() -> Result<(), Failure> {
    let (mut from, mut to, mut dir) = ("-".to_string(), "-".to_string(), None);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or(Failure::Usage(format!("{word} takes a value")))?;
        match word.as_str() {
            "--from" => from = value,
            "--to" => to = value,
            "-o" => dir = Some(value),
            _ => return Err(Failure::Usage(format!("{word} is no option; there are --from, --to and -o"))),
        }
    }
    let staging = staging_of(&dir.ok_or(Failure::Usage("-o DIRECTORY is missing".into()))?)?;
    let context = zmq::Context::new();
    let mut output = Output::open(&context, &to)?;
    let mut input = Input::open(&context, &from)?;
    encode(&mut input, &mut output, &staging)
}

fn main() {
    if let Err(failure) = run() {
        eprintln!("encoder: fatal: {failure}");
        std::process::exit(failure.status());
    }
}
