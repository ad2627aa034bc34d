#pragma once

#include <stdexcept>
#include <string>

namespace volley::sim {

/// What a broken VOLLEY_CHECK does in this program: it ends the run, not the process, so that the
/// run can be told and shrunk.
class CheckFailed final : public std::runtime_error {
 public:
  explicit CheckFailed(const std::string& what) : std::runtime_error{what} {}
};

}  // namespace volley::sim
