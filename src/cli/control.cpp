#include "cli/control.hpp"

#include <utility>

namespace volley::cli {

Result<os::SignalWatcher> Control::watch(std::optional<Instant> deadline) {
  return os::SignalWatcher::start([this](os::Notice notice) { handle(notice); }, deadline);
}

void Control::set_stop(Action stop) {
  const std::lock_guard lock{mutex_};
  stop_ = std::move(stop);
  if (stopped_) stop_();
}

void Control::set_report(Action report) {
  const std::lock_guard lock{mutex_};
  report_ = std::move(report);
}

void Control::handle(os::Notice notice) {
  const std::lock_guard lock{mutex_};
  if (notice == os::Notice::kReport) return report_();
  stopped_ = true;
  stop_();
}

}  // namespace volley::cli
