// SPDX-License-Identifier: Apache-2.0
// The form of a batch of plugins/cluster (CBOR, deflated) beside the same contents as protobuf, row by row and by
// columns: bytes and time a sample, plain and deflated the same way.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <random>
#include <string>

#include "batch.h"
#include "cluster_batch.pb.h"
#include "result.h"

namespace {

using namespace tagwire;
using namespace tagwire::cluster;
using namespace tagwire::spool;

constexpr int points = 50;
constexpr int deflateLevel = 1;  // of our own form

/// Half of the points a sine, half constant, each every 100 ms or so by a clock of nanoseconds.
Batch batchOf(int samples) {
  std::mt19937_64 random(7);
  Batch batch;
  batch.origin = QStringLiteral("3f0c9a6d5e1b4c7f");
  batch.range = {0x123456789abcdefULL, Stream::Telemetry, 4'000'000, 4'000'000 + static_cast<quint64>(samples)};
  for (int i = 0; i < points; ++i) {
    batch.points.push_back({QStringLiteral("plc%1/boiler/temperature_%2").arg(i / 10).arg(i % 10),
                            1000 + i,
                            ValueType::Double,
                            QStringLiteral("°C"),
                            {},
                            {}});
  }
  qint64 time = 1'790'000'000'000'000'000;
  for (int i = 0; i < samples; ++i) {
    StoredSample sample;
    sample.sequence = batch.range.first + static_cast<quint64>(i);
    sample.point = static_cast<PointKey>(1 + i % points);
    time += 2'000'000 + static_cast<qint64>(random() % 20'000);
    sample.time = timeAt(time);
    sample.value = i % 2 ? 20.0 + i % points : 20.0 + 5.0 * std::sin(static_cast<double>(i) / 50.0);
    batch.samples.push_back(sample);
  }
  batch.sent = batch.samples.back().time;
  return batch;
}

template <class Message>
void putHead(const Batch &batch, Message &out) {
  out.set_origin(batch.origin.toStdString());
  out.set_boot(batch.range.boot);
  out.set_stream(static_cast<quint32>(batch.range.stream));
  out.set_first(batch.range.first);
  out.set_next(batch.range.next);
  out.set_sent(nanosecondsOf(batch.sent));
  for (const StoredPoint &point : batch.points) {
    auto *added = out.add_points();
    added->set_name(point.name.toStdString());
    added->set_type(static_cast<quint32>(point.type));
    added->set_number(static_cast<quint32>(point.number.value_or(0)));
    added->set_unit(point.unit.toStdString());
    added->set_description(point.description.toStdString());
    added->set_tag(point.tag.toStdString());
  }
}

template <class Message>
void takeHead(const Message &in, Batch &batch) {
  batch.origin = QString::fromStdString(in.origin());
  batch.range = {in.boot(), static_cast<Stream>(in.stream()), in.first(), in.next()};
  batch.sent = timeAt(in.sent());
  for (const auto &point : in.points()) {
    StoredPoint &added = batch.points.emplace_back();
    added.name = QString::fromStdString(point.name());
    added.type = static_cast<ValueType>(point.type());
    if (point.number() > 0) added.number = static_cast<int>(point.number());
    added.unit = QString::fromStdString(point.unit());
    added.description = QString::fromStdString(point.description());
    added.tag = QString::fromStdString(point.tag());
  }
}

quint32 qualityCode(const StoredSample &sample) {
  return static_cast<quint32>(codeOf(sample.quality) << 1 | (sample.isHistorical ? 1 : 0));
}

std::string rowsOf(const Batch &batch) {
  cluster_batch::Rows out;
  putHead(batch, out);
  quint64 sequence = batch.range.first;
  qint64 time = nanosecondsOf(batch.sent);
  for (const StoredSample &sample : batch.samples) {
    auto *row = out.add_rows();
    row->set_sequence(sample.sequence - sequence);
    row->set_point(sample.point);
    row->set_time(nanosecondsOf(sample.time) - time);
    row->set_quality(qualityCode(sample));
    row->set_number(std::get<double>(sample.value));
    sequence = sample.sequence;
    time = nanosecondsOf(sample.time);
  }
  return out.SerializeAsString();
}

Batch fromRows(const std::string &bytes) {
  cluster_batch::Rows in;
  Batch batch;
  if (!in.ParseFromString(bytes)) return batch;
  takeHead(in, batch);
  StoredSample sample;
  sample.sequence = batch.range.first;
  sample.time = batch.sent;
  for (const auto &row : in.rows()) {
    sample.sequence += row.sequence();
    sample.point = row.point();
    sample.time += std::chrono::nanoseconds(row.time());
    sample.quality = qualityFrom(row.quality() >> 1);
    sample.isHistorical = row.quality() & 1;
    sample.value = row.number();
    batch.samples.push_back(sample);
  }
  return batch;
}

std::string columnsOf(const Batch &batch) {
  cluster_batch::Columns out;
  putHead(batch, out);
  quint64 sequence = batch.range.first;
  qint64 time = nanosecondsOf(batch.sent);
  for (const StoredSample &sample : batch.samples) {
    out.add_sequences(sample.sequence - sequence);
    out.add_places(sample.point);
    out.add_times(nanosecondsOf(sample.time) - time);
    out.add_qualities(qualityCode(sample));
    out.add_numbers(std::get<double>(sample.value));
    sequence = sample.sequence;
    time = nanosecondsOf(sample.time);
  }
  return out.SerializeAsString();
}

Batch fromColumns(const std::string &bytes) {
  cluster_batch::Columns in;
  Batch batch;
  if (!in.ParseFromString(bytes)) return batch;
  takeHead(in, batch);
  StoredSample sample;
  sample.sequence = batch.range.first;
  sample.time = batch.sent;
  for (int i = 0; i < in.numbers_size(); ++i) {
    sample.sequence += in.sequences(i);
    sample.point = in.places(i);
    sample.time += std::chrono::nanoseconds(in.times(i));
    sample.quality = qualityFrom(in.qualities(i) >> 1);
    sample.isHistorical = in.qualities(i) & 1;
    sample.value = in.numbers(i);
    batch.samples.push_back(sample);
  }
  return batch;
}

/// Nanoseconds of CPU a sample: the best of fifteen rounds, for others use the machine, too.
template <class Work>
double timeOf(int samples, Work work) {
  const auto cpu = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
  };
  const int times = std::max(1, 20'000 / samples);
  double best = 1e18;
  for (int round = 0; round < 15; ++round) {
    const double from = cpu();
    for (int i = 0; i < times; ++i) work();
    best = std::min(best, (cpu() - from) / times / samples);
  }
  return best;
}

struct Figures {
  double plain = 0, packed = 0;                             ///< bytes
  double encode = 0, deflate = 0, decode = 0, inflate = 0;  ///< ns
};

/// `encode` and `decode` are without deflating.
template <class Decode>
Figures figuresOf(const Batch &batch, const QByteArray &plain, double encode, Decode decode) {
  const int samples = static_cast<int>(batch.samples.size());
  const QByteArray packed = qCompress(plain, deflateLevel);
  Figures figures;
  figures.plain = static_cast<double>(plain.size()) / samples;
  figures.packed = static_cast<double>(packed.size()) / samples;
  figures.encode = encode;
  figures.deflate = timeOf(samples, [&] { return qCompress(plain, deflateLevel); });
  figures.inflate = timeOf(samples, [&] { return qUncompress(packed); });
  figures.decode = decode(figures.inflate);
  return figures;
}

bool isSame(const Batch &a, const Batch &b) {
  return a.origin == b.origin && a.range == b.range && a.sent == b.sent && a.points == b.points &&
         a.samples == b.samples;
}

double timeOf(const Figures &figures) { return figures.encode + figures.deflate + figures.decode + figures.inflate; }

void print(const char *name, int samples, const Figures &figures, const Figures &ours) {
  std::printf("%-18s %8d %7.1f %8.1f (%4.2f) %9.0f %8.0f %9.0f %8.0f (%4.2f)\n", name, samples, figures.plain,
              figures.packed, figures.packed / ours.packed, figures.encode, figures.deflate, figures.decode,
              figures.inflate, timeOf(figures) / timeOf(ours));
}

void tell(int samples, const Figures &ours, const Figures &byColumns) {
  const QString work = QStringLiteral("a sample in a message of cluster, %1 in it").arg(samples);
  bench::report(
      {work, QStringLiteral("bytes"), ours.packed, {}, bench::Beside{"protobuf by columns", byColumns.packed}});
  bench::report({work + QStringLiteral(", packed and unpacked"),
                 QStringLiteral("ns"),
                 timeOf(ours),
                 {},
                 bench::Beside{"protobuf by columns", timeOf(byColumns)}});
}

}  // namespace

int main() {
  std::printf("\n== cluster_batch: %d points, CPU, best of 15 rounds; a sample; (x of ours) ==\n", points);
  std::printf("%-18s %8s %7s %8s %6s %9s %8s %9s %8s\n", "form", "samples", "bytes", "deflated", "", "encode ns",
              "deflate", "decode ns", "inflate");
  for (const int samples : {10, 100, 1000}) {
    const Batch batch = batchOf(samples);
    const QByteArray ours = encode(batch);
    const std::string rows = rowsOf(batch);
    const std::string columns = columnsOf(batch);
    const auto back = decodeBatch(ours);
    if (!back || !isSame(*back, batch) || !isSame(fromRows(rows), batch) || !isSame(fromColumns(columns), batch)) {
      std::fprintf(stderr, "a form does not give back what went in\n");
      return 1;
    }
    // Our own functions deflate as well: that is taken off.
    const QByteArray plain = qUncompress(ours);
    const double both = timeOf(samples, [&] { return encode(batch); });
    Figures own = figuresOf(batch, plain, both, [&](double inflate) {
      return timeOf(samples, [&] { return decodeBatch(ours); }) - inflate;
    });
    own.encode -= own.deflate;
    print("CBOR (ours)", samples, own, own);
    const Figures byRows =
        figuresOf(batch, QByteArray::fromStdString(rows), timeOf(samples, [&] { return rowsOf(batch); }),
                  [&](double) { return timeOf(samples, [&] { return fromRows(rows); }); });
    print("protobuf rows", samples, byRows, own);
    const Figures byColumns =
        figuresOf(batch, QByteArray::fromStdString(columns), timeOf(samples, [&] { return columnsOf(batch); }),
                  [&](double) { return timeOf(samples, [&] { return fromColumns(columns); }); });
    print("protobuf columns", samples, byColumns, own);
    tell(samples, own, byColumns);
  }
  return 0;
}
