#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <volley/bytes.hpp>

#include "wire/clear_header.hpp"
#include "wire/frame_reader.hpp"
#include "wire/frame_writer.hpp"

namespace volley {

/// Every field of a frame, for a test to compare and to print.
inline std::string told(const Frame& frame) {
  return fmt::format(
      "type {} attempt {} idempotent {} deferred {} sequence {} code {} ttl_ms {} status {} zeros "
      "{} "
      "detail {} opaque {:x} body '{}'",
      std::to_underlying(frame.type), frame.attempt, frame.idempotent, frame.deferred,
      std::to_underlying(frame.sequence), std::to_underlying(frame.code), frame.ttl_ms,
      frame.status, frame.zeros, frame.detail, frame.opaque, as_text(frame.body));
}

inline std::vector<std::string> told(std::span<const Frame> frames) {
  std::vector<std::string> all;
  for (const Frame& frame : frames) all.push_back(told(frame));
  return all;
}

/// All that a FrameReader tells.
inline std::vector<Frame> walked(Bytes frames) {
  std::vector<Frame> all;
  FrameReader reader{frames};
  while (const auto frame = reader.next()) all.push_back(*frame);
  return all;
}

/// The same, as those walk who take messages of that type run by run.
inline void add_run(const MessageRun& run, std::vector<Frame>& all) {
  for (std::size_t i = 0; i < run.size(); ++i) {
    Frame frame = frame_of(run.first());
    frame.sequence = run.sequence(i);
    frame.body = run.body(i);
    all.push_back(frame);
  }
}
inline std::vector<Frame> walked_in_runs(FrameType type, FrameReader reader,
                                         std::vector<Frame> all = {}) {
  while (true) {
    for (MessageRun run; reader.next_run(type, run);) add_run(run, all);
    const auto frame = reader.next();
    if (!frame) return all;
    all.push_back(*frame);
  }
}
/// The same, of frames that are checked, from what the check found.
inline std::vector<Frame> walked_from(FrameType type, const CheckedFrames& checked) {
  std::vector<Frame> all;
  add_run(checked.first, all);
  return walked_in_runs(type, checked.rest, all);
}

/// Frames that are well formed, of datagrams as they come: written again, one by one, from what is
/// read of them.
inline std::vector<std::byte> rewritten(Bytes frames) {
  std::vector<std::byte> copy(frames.size());
  MutableBytes room{copy};
  FrameReader reader{frames};
  while (true) {
    // Each by a writer of its own: one would have messages share a frame that came apart.
    FrameWriter writer{room};
    MessageRun run;
    if (reader.next_run(FrameType::kRequest, run) || reader.next_run(FrameType::kReply, run)) {
      writer.write(run.head(0, run.size()), run.bodies(0, run.size()));
    } else if (const auto frame = reader.next()) {
      if (!writer.write(*frame)) return {};
    } else {
      return copy;
    }
    room = room.subspan(writer.size());
  }
}

/// A header and frames as a datagram of `size` octets, the rest of them PAD. Nothing if it is too
/// small.
inline std::optional<std::vector<std::byte>> written(const ClearHeader& header,
                                                     std::span<const Frame> frames,
                                                     std::size_t size) {
  // Not zeros, so that it shows where nothing was written.
  std::vector<std::byte> datagram(size, std::byte{0xee});
  write_clear_header(header, datagram);
  FrameWriter writer{MutableBytes{datagram}.subspan(kHeaderSize)};
  for (const Frame& frame : frames) {
    if (!writer.write(frame)) return std::nullopt;
  }
  writer.pad_to(size - kHeaderSize);
  return datagram;
}

}  // namespace volley
