using namespace System.IO
[File]::Exists('C:\x')
