#include "runtime/server_mailbox.hpp"

#include <utility>

namespace volley {

void ServerMailbox::put(Answer answer) {
  bool first = false;
  {
    const std::lock_guard lock{mutex_};
    first = answers_.empty();
    answers_.push_back(std::move(answer));
  }
  if (first) wake_.raise();
}

void ServerMailbox::take(std::vector<Answer>& taken) {
  taken.clear();
  const std::lock_guard lock{mutex_};
  answers_.swap(taken);
}

}  // namespace volley
