#pragma once

#include <optional>

#include <volley/bytes.hpp>

#include "wire/frame.hpp"
#include "wire/numbers.hpp"

namespace volley {

/// Whether all that follows a datagram's header is frames that this side may send, each as
/// protocol.md §4 draws it. If not, nothing of the datagram may act (§4.1).
bool well_formed(Bytes frames, Side from);

/// Walks the frames of a datagram, which must be well_formed(): nothing is checked again. If they
/// are not, what it tells means nothing, but it stays within bounds and ends.
class FrameReader {
 public:
  explicit FrameReader(Bytes frames) : rest_{frames} {}

  /// The next frame, its body borrowed from the datagram. None at the end or at PAD.
  std::optional<Frame> next();

 private:
  Bytes rest_;
};

}  // namespace volley
