#include "core/sent_datagrams.hpp"

namespace volley {

Slot SentDatagrams::make(const SentDatagram& datagram) {
  if (free_.empty()) {
    datagrams_.push_back(datagram);
    free_.reserve(datagrams_.capacity());
    return static_cast<Slot>(datagrams_.size() - 1);
  }
  const Slot slot = free_.back();
  free_.pop_back();
  datagrams_[slot] = datagram;
  return slot;
}

}  // namespace volley
