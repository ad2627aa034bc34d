#include "core/sent_datagrams.hpp"

namespace volley {

Slot SentDatagrams::add(const SentDatagram& datagram) {
  Slot slot = static_cast<Slot>(datagrams_.size());
  if (free_.empty()) {
    datagrams_.push_back(datagram);
    free_.reserve(datagrams_.capacity());
  } else {
    slot = free_.back();
    free_.pop_back();
    datagrams_[slot] = datagram;
  }
  order_.push_back(datagrams_, slot);
  return slot;
}

void SentDatagrams::remove(Slot slot) {
  timers_.erase(slot);
  order_.erase(datagrams_, slot);
  free_.push_back(slot);
}

}  // namespace volley
