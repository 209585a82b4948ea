Set-Volume -DriveLetter C -NewFileSystemLabel System
