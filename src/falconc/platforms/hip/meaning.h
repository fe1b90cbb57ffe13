// Declaration, meaning and emulation of the built-ins of this platform.
#pragma once
